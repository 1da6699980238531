package apk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

const (
	worldFile = "/etc/apk/world"
	maxWorld  = 16 << 20
)

// constraint is one word of the world or of a dependency, apk-world(5):
// [!]NAME[@TAG][OPERATOR VERSION].
type constraint struct {
	conflict    bool
	name, tag   string
	op, version string // op: = < <= > >= ~ and their like, and >< for a checksum; "" for any version
}

// parseConstraint parses a constraint; ok is false for any other text.
func parseConstraint(word string) (c constraint, ok bool) {
	rest, conflict := strings.CutPrefix(word, "!")
	c.conflict = conflict
	end := strings.IndexAny(rest, "@<>=~")
	if end < 0 {
		c.name = rest
		return c, c.name != ""
	}
	c.name, rest = rest[:end], rest[end:]
	if tag, found := strings.CutPrefix(rest, "@"); found {
		end = strings.IndexAny(tag, "<>=~")
		if end < 0 {
			end = len(tag)
		}
		c.tag, rest = tag[:end], tag[end:]
	}
	c.version = strings.TrimLeft(rest, "<>=~")
	c.op = rest[:len(rest)-len(c.version)]
	if before, tag, found := strings.Cut(c.version, "@"); found && c.tag == "" { // written so, too
		c.version, c.tag = before, tag
	}
	return c, c.name != "" && (c.op == "") == (c.version == "")
}

func (c constraint) String() string {
	mark := ""
	if c.conflict {
		mark = "!"
	}
	tag := ""
	if c.tag != "" {
		tag = "@" + c.tag
	}
	return mark + c.name + tag + c.op + c.version
}

// pins reports whether the constraint keeps a package at exactly that version.
func (c constraint) pins(version string) bool {
	return !c.conflict && (c.op == "=" || c.op == "==") && c.version == version
}

// atAnyVersion is the constraint without its version.
func (c constraint) atAnyVersion() constraint {
	c.op, c.version = "", ""
	return c
}

// world is the list of wanted packages, in the order of its file.
type world struct{ list []constraint }

// parseWorld parses the world. Like apk it refuses anything but constraints, so that nothing is lost when the file is
// written.
func parseWorld(data string) (world, error) {
	var w world
	for word := range strings.FieldsSeq(data) {
		c, ok := parseConstraint(word)
		if !ok {
			return w, fmt.Errorf("%q is no constraint of apk", word)
		}
		w.list = append(w.list, c)
	}
	return w, nil
}

func (d *database) readWorld() (world, error) {
	data, err := d.Tree.ReadFile(worldFile, maxWorld)
	if errors.Is(err, fs.ErrNotExist) {
		return world{}, nil
	}
	if err != nil {
		return world{}, fmt.Errorf("cannot read which packages are wanted: %w", err)
	}
	w, err := parseWorld(string(data))
	if err != nil {
		return w, fmt.Errorf("cannot read which packages are wanted: %s: %w", worldFile, err)
	}
	return w, nil
}

// find returns the constraint on a name.
func (w *world) find(name string) (constraint, bool) {
	for _, c := range w.list {
		if c.name == name {
			return c, true
		}
	}
	return constraint{}, false
}

// set replaces the constraint on a name, or adds it.
func (w *world) set(c constraint) {
	for i := range w.list {
		if w.list[i].name == c.name {
			w.list[i] = c
			return
		}
	}
	w.list = append(w.list, c)
}

// drop takes the constraint on a name out.
func (w *world) drop(name string) {
	for i := range w.list {
		if w.list[i].name == name {
			w.list = append(w.list[:i:i], w.list[i+1:]...)
			return
		}
	}
}

func (w *world) String() string {
	var b strings.Builder
	for _, c := range w.list {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

// writeWorld replaces the world, with the mode that apk gives it. The lock is held.
func (d *database) writeWorld(w world) error {
	if err := d.replaceFile(worldFile, w.String()); err != nil {
		return fmt.Errorf("cannot write which packages are wanted: %w", err)
	}
	return nil
}

// replaceFile replaces a file of apk's, durably.
func (d *database) replaceFile(name, content string) error {
	return fsys.ReplacePath(filepath.Join(d.Root, name), []byte(content), fsys.Replacement{Mode: 0o644, Exact: true, Sync: true})
}
