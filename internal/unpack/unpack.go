// Package unpack reads archives that may be hostile: tar archives, plain or compressed
// by gzip, bzip2, xz or zstd, and zip archives. Start with [Open], which knows the format
// by the content, and [Archive.Walk], which hands out the entries one by one, within
// the bounds of [Rules].
//
// An entry that leads out of the archive is an error, whether by its name or through a
// link, and so is whatever is neither a folder nor a file nor a link. Owners, extended
// attributes and the set-id bits are not handed out.
//
// It writes nothing: [Writer] does that for callers that have a folder to fill.
package unpack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Type is the type of an entry.
type Type string

// The types of entries. A hard link is another name of an earlier file.
const (
	Folder   Type = "folder"
	File     Type = "file"
	Link     Type = "link"
	HardLink Type = "hard link"
)

// Entry is one thing in an archive.
type Entry struct {
	Path   string // below the folder that is unpacked to: clean, of any bytes
	Type   Type
	Mode   fs.FileMode // permissions; 0: the archive has none
	MTime  time.Time   // the zero time: the archive has none
	Size   int64       // bytes of a file
	Target string      // text of a link; the path of the file of a hard link
}

// Rules bound what is unpacked, and choose from it.
type Rules struct {
	MaxBytes   int64                  // of all files together
	MaxEntries int                    // excluded ones count
	Strip      int                    // folders at the beginning of each path that are left out
	Exclude    func(path string) bool // of stripped paths; nil: none
	HardLinks  bool                   // they are handed out, and no error
	Dangling   bool                   // a link may lead to nothing, as long as that is inside
}

// Visit is called for each entry, folders before what is in them. content is of a file, and
// only read until Visit returns. A folder may come again, with other permissions.
type Visit func(e Entry, content io.Reader) error

// Walk visits all entries that the rules leave, from the beginning.
func (a *Archive) Walk(ctx context.Context, rules Rules, visit Visit) error {
	w := &walk{ctx: ctx, Rules: rules, visit: visit, left: rules.MaxBytes, seen: map[string]Entry{}}
	err := a.each(w, w.add)
	if err == nil && w.visited == 0 && w.entries > 0 {
		err = fmt.Errorf("cannot unpack: strip = %d and exclude leave nothing of the archive", rules.Strip)
	}
	if err != nil {
		return err
	}
	return w.checkLinks()
}

// walk is one way through an archive.
type walk struct {
	ctx context.Context
	Rules
	visit   Visit
	left    int64 // bytes of files that may still come
	entries int
	visited int
	seen    map[string]Entry // visited, by path
	gone    []string         // excluded folders
	links   []string         // visited, in order
}

// rawEntry is an entry as its archive has it.
type rawEntry struct {
	Entry
	refused string // why it is no entry of any type here; "": it is one
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

// stripPath leaves out the first n folders of a path; "": nothing is left of it.
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

// resolveHardLink gives a hard link the path of its file, and the rest that the two
// share.
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
	e.Target, e.Mode, e.MTime, e.Size = target, file.Mode, file.MTime, file.Size
	return nil
}

// addParents visits the folders above an entry that the archive does not name itself.
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
	return w.visitEntry(Entry{Path: dir, Type: Folder}, nil)
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
