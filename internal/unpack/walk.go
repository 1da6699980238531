package unpack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
)

// walk is one pass over an archive.
type walk struct {
	ctx context.Context
	Rules
	visit   Visit
	left    int64 // remaining bytes of files
	entries int
	visited int
	seen    map[string]Entry // visited, by path
	links   []string         // visited, in order
}

// rawEntry is an entry as in its archive.
type rawEntry struct {
	Entry
	refused string // why its type is not supported; "": it is
}

// add visits an entry of the archive.
func (w *walk) add(e rawEntry, content io.Reader) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.entries++; w.entries > w.MaxEntries {
		return fmt.Errorf("cannot unpack: the archive has more than %d entries", w.MaxEntries)
	}
	name := e.Path
	if err := w.addNamed(e, content); err != nil {
		return fmt.Errorf("cannot unpack %q: %w", name, err)
	}
	return nil
}

func (w *walk) addNamed(e rawEntry, content io.Reader) error {
	e.Path = path.Clean(e.Path)
	if !filepath.IsLocal(e.Path) || strings.IndexByte(e.Path, 0) >= 0 {
		return errors.New("the path leads out of the archive")
	}
	if e.Path = stripPath(e.Path, w.Strip); e.Path == "" || w.isExcluded(e.Entry) {
		return nil
	}
	switch {
	case e.refused != "":
		return errors.New(e.refused)
	case e.Type == HardLink:
		if err := w.resolveHardLink(&e.Entry); err != nil {
			return err
		}
	case e.Type == Link && e.Target == "":
		return errors.New("it is a link without a text")
	}
	if err := w.addParents(e.Path); err != nil {
		return err
	}
	if was, again := w.seen[e.Path]; again && (e.Type != Folder || was.Type != Folder) {
		return errors.New("the file exists twice in the archive")
	}
	return w.visitEntry(e.Entry, content)
}

// stripPath removes the first n folders of a path; "": nothing remains.
func stripPath(p string, n int) string {
	if p == "." {
		return ""
	}
	for range n {
		_, rest, more := strings.Cut(p, "/")
		if !more {
			return ""
		}
		p = rest
	}
	return p
}

func (w *walk) isExcluded(e Entry) bool {
	if w.Exclude == nil {
		return false
	}
	for at := e.Path; at != "."; at = path.Dir(at) {
		if w.Exclude(at) {
			return true
		}
	}
	return false
}

// resolveHardLink gives a hard link the path of its file, and the attributes that the two share.
func (w *walk) resolveHardLink(e *Entry) error {
	if !w.HardLinks {
		return errors.New("it is a hard link; tar --hard-dereference packs it as a file")
	}
	target := stripPath(path.Clean(e.Target), w.Strip)
	file, known := w.seen[target]
	if !known || file.Type != File && file.Type != HardLink {
		return fmt.Errorf("it is a hard link to %q, which is no earlier file of the archive", e.Target)
	}
	if file.Type == HardLink {
		target = file.Target
	}
	e.Target, e.Mode, e.NoMode, e.MTime, e.Size = target, file.Mode, file.NoMode, file.MTime, file.Size
	return nil
}

// addParents visits the parents of an entry that the archive does not contain.
func (w *walk) addParents(p string) error {
	dir := path.Dir(p)
	if dir == "." {
		return nil
	}
	switch above, known := w.seen[dir]; {
	case known && above.Type != Folder:
		return fmt.Errorf("it lies below %q, which is no folder", dir)
	case known:
		return nil
	}
	if err := w.addParents(dir); err != nil {
		return err
	}
	return w.visitEntry(Entry{Path: dir, Type: Folder, NoMode: true}, nil)
}

func (w *walk) visitEntry(e Entry, content io.Reader) error {
	if e.Mode &= 0o777; e.Type == Link {
		e.Mode = 0
		w.links = append(w.links, e.Path)
	}
	if e.Type == File {
		if e.Size > w.left {
			return w.tooLarge()
		}
		content = &bounded{w, content}
	}
	w.seen[e.Path] = e
	w.visited++
	return w.visit(e, content)
}

func (w *walk) tooLarge() error {
	return fmt.Errorf("the files of the archive have more than %d bytes", w.MaxBytes)
}

// bounded is the content of a file.
type bounded struct {
	walk *walk
	r    io.Reader
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.walk.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	if b.walk.left -= int64(n); b.walk.left < 0 {
		return 0, b.walk.tooLarge()
	}
	return n, err
}
