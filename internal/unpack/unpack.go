// Package unpack reads archives that may be hostile: tar archives, plain or compressed by gzip, bzip2, xz or zstd, and
// zip archives. Start with [Open], which detects the format by the content, and [Archive.Walk], which visits the entries
// one by one, within the bounds of [Rules].
//
// An entry that leads out of the archive, by its name or through a link, is an error, and so is an entry that is neither
// a folder nor a file nor a link. Owners, extended attributes and the set-id bits are ignored.
//
// It writes nothing, except through [Writer], which fills a folder for callers.
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

// Entry is one entry of an archive.
type Entry struct {
	Path   string // below the target folder: clean, of any bytes
	Type   Type
	Mode   fs.FileMode // permissions
	NoMode bool        // the archive has no permissions for it: it does not contain the folder itself, or is a zip without permissions
	MTime  time.Time   // the zero time: the archive has none
	Size   int64       // bytes of a file
	Target string      // text of a link; the path of the file of a hard link
}

// Rules limit unpacking, and select entries.
type Rules struct {
	MaxBytes   int64                  // of all files together
	MaxEntries int                    // including excluded ones
	Strip      int                    // number of leading folders to remove from each path
	Exclude    func(path string) bool // of stripped paths; nil: none
	HardLinks  bool                   // visit them; otherwise they are an error
	Dangling   bool                   // a link may be dangling, if its target is inside
}

// Visit is called for each entry, folders before their entries. content is that of a file, and must not be read after
// Visit returns. A folder may be visited again, with other permissions.
type Visit func(e Entry, content io.Reader) error

// Walk visits all selected entries, from the beginning.
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
