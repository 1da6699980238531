// Package unpack reads archives that may be hostile: tar archives, plain or compressed
// by gzip, bzip2, xz or zstd, and zip archives. Start with [Open], which knows the format
// by the content, and [Archive.Walk], which hands out the entries one by one, within
// the bounds of [Rules].
//
// An entry that leads out of the archive is an error, whether by its name or through a
// link, and so is an entry that is neither a folder nor a file nor a link. Owners, extended
// attributes and the set-id bits are not handed out.
//
// It writes nothing: [Writer] does that for callers that have a folder to fill.
package unpack

import (
	"context"
	"fmt"
	"io"
	"io/fs"
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
	Mode   fs.FileMode // permissions
	NoMode bool        // the archive has no permissions for it: a folder that it does not name, or a zip entry without any
	MTime  time.Time   // the zero time: the archive has none
	Size   int64       // bytes of a file
	Target string      // text of a link; the path of the file of a hard link
}

// Rules bound unpacking, and choose entries.
type Rules struct {
	MaxBytes   int64                  // of all files together
	MaxEntries int                    // excluded ones count
	Strip      int                    // folders at the beginning of each path that are left out
	Exclude    func(path string) bool // of stripped paths; nil: none
	HardLinks  bool                   // they are handed out, and no error
	Dangling   bool                   // a link may lead to nothing, as long as that is inside
}

// Visit is called for each entry, folders before their entries. content is of a file, and
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
