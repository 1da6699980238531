package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// notesOf tells what a change replaces, and what people should know of it.
func (p *Provider) notesOf(ctx context.Context, c *fileChange, f forecast) []string {
	if ctx.Err() != nil {
		return nil
	}
	if c.Action == resource.Create {
		return p.newNotes(ctx, c, f)
	}
	path := c.Want.Path.Bytes()
	switch c.Want.Type {
	case resources.TypeFile:
		return p.fileNotes(c)
	case resources.TypeLink:
		if info, err := p.held.Lstat(path); err == nil && info.Type != fsys.Symlink {
			return []string{"replaces what is there: " + info.Type.String()}
		}
	}
	return nil
}

// newNotes warns that a new file or directory grants more than the default access
// list of its folder would, and that a directory will be on a file system where
// nothing can be managed.
func (p *Provider) newNotes(ctx context.Context, c *fileChange, f forecast) []string {
	dir := c.Want.Type == resources.TypeDirectory
	if !dir && c.Want.Type != resources.TypeFile {
		return nil
	}
	out := p.wayNotes(f.way[placeOf(c)])
	if owner, set := p.wantedOwner(ctx, &c.Want); dir && set {
		if err := p.named(p.held.MayHold(c.Want.Path.Bytes(), owner)); errors.Is(err, fsys.ErrUnsafe) {
			out = append(out, err.Error())
		}
	}
	limit, err := p.held.DefaultMode(parent(c.Want.Path.Bytes()))
	if err != nil || limit == 0o777 {
		return out // a folder that is not there yet has none
	}
	base := newMode(c, dir)
	mode, err := wantMode(&c.Want, base, dir)
	if err != nil || mode&0o777&^limit == 0 {
		return out
	}
	return append(out, fmt.Sprintf("grants more (%s) than the default access list of its folder (%s)", resources.FormatMode(mode), resources.FormatMode(limit)))
}

// wayNotes names the folders that are made on the way to one, which no resource
// stands for.
func (p *Provider) wayNotes(way []string) []string {
	var made []string
	for _, dir := range way {
		if _, err := p.held.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			made = append(made, strconv.Quote(dir))
		}
	}
	if len(made) == 0 {
		return nil
	}
	slices.Reverse(made)
	return []string{"makes on the way, and leaves when it goes: " + strings.Join(made, ", ")}
}

func (p *Provider) wantedOwner(ctx context.Context, want *resources.Entry) (uid uint32, set bool) {
	name := want.Owner.Value
	if name == "" {
		return 0, false
	}
	uid, err := p.o.People.UID(ctx, name)
	return uid, err == nil
}

func (p *Provider) fileNotes(c *fileChange) []string {
	t, err := p.look(&c.Want, p.held.Look)
	if err != nil || t.gone {
		return nil
	}
	if t.info.Type == fsys.Symlink {
		text, err := p.held.Readlink(t.path)
		if err != nil {
			return nil
		}
		return []string{fmt.Sprintf("replaces a symbolic link to %q", text)}
	}
	if t.info.Type != fsys.Regular {
		return []string{"replaces what is there: " + t.info.Type.String()}
	}
	if c.Action != resource.Delete && !c.Differs("content") {
		return nil
	}
	var out []string
	if note := p.editNote(c, t); note != "" {
		out = append(out, note)
	}
	if secret(c) && t.info.Mode&0o044 != 0 && !c.Want.Mode.Set && c.Action != resource.Delete {
		out = append(out, fmt.Sprintf("its content is sensitive, and others may read it (mode %s): set mode", resources.FormatMode(t.info.Mode)))
	}
	if t.info.Mount && c.Action != resource.Delete {
		out = append(out, "it is a mount point: written in place, which is not atomic")
	}
	if c.Action != resource.Delete && c.Differs("content") && p.held.HasCapabilities(t.path, t.info) {
		out = append(out, "its capabilities go with the old content")
	}
	if t.info.Links > 1 {
		out = append(out, fmt.Sprintf("it has %d names (hard links): the others keep the old content", t.info.Links))
	}
	return out
}

func (p *Provider) editNote(c *fileChange, t target) string {
	edited, err := p.wasEdited(&c.Want, p.liveBlob(t))
	switch {
	case err != nil || !edited:
		return ""
	case c.Action != resource.Delete && c.Want.OnEdit.Value == "keep":
		return "edited since converge wrote it: left as it is, ours goes to " + t.path + resources.ParkedSuffix
	}
	return "edited since converge wrote it: the edited content is kept in the state folder"
}
