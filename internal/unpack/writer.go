package unpack

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// Writer writes the entries of an archive into a folder. Add is a [Visit]; call End after the last entry.
type Writer struct {
	To *os.Root

	// Mode returns the permissions of an entry, which apply regardless of the umask.
	Mode func(e Entry) fs.FileMode

	// Owner is the owner of all entries; nil: this process.
	Owner *Owner

	Times bool // files keep the times of the archive

	folders map[string]Entry
	block   []byte
}

// Owner is a user and a group, by number.
type Owner struct{ UID, GID int }

// Add writes an entry.
func (w *Writer) Add(e Entry, content io.Reader) error {
	switch e.Type {
	case Folder:
		return w.addFolder(e)
	case Link:
		if err := w.To.Symlink(e.Target, e.Path); err != nil {
			return err
		}
		return w.own(e)
	case HardLink:
		return w.To.Link(e.Target, e.Path)
	}
	return w.addFile(e, content)
}

// addFolder makes a folder that this process can write to. It gets its permissions at the end.
func (w *Writer) addFolder(e Entry) error {
	if w.folders == nil {
		w.folders = map[string]Entry{}
	}
	_, again := w.folders[e.Path]
	if w.folders[e.Path] = e; again {
		return nil
	}
	return w.To.Mkdir(e.Path, 0o700)
}

func (w *Writer) addFile(e Entry, content io.Reader) error {
	f, err := w.To.OpenFile(e.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if w.block == nil {
		w.block = make([]byte, 128<<10)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{content}, w.block)
	if err == nil && w.Owner != nil {
		err = f.Chown(w.Owner.UID, w.Owner.GID)
	}
	if err == nil {
		err = f.Chmod(w.Mode(e)) // after the owner, because that change clears bits
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil || !w.Times {
		return err
	}
	return w.To.Chtimes(e.Path, Stamp(e), Stamp(e))
}

// Stamp returns the time of a file: that of the archive, or the epoch, in whole seconds, because some file systems and
// formats store no more.
func Stamp(e Entry) time.Time {
	if t := e.MTime.Truncate(time.Second); t.Unix() > 0 {
		return t
	}
	return time.Unix(0, 0)
}

func (w *Writer) own(e Entry) error {
	if w.Owner == nil {
		return nil
	}
	return w.To.Lchown(e.Path, w.Owner.UID, w.Owner.GID)
}

// End sets the owners and permissions of the folders, the deepest first.
func (w *Writer) End() error {
	for _, at := range slices.Backward(slices.Sorted(maps.Keys(w.folders))) {
		e := w.folders[at]
		if err := w.own(e); err != nil {
			return err
		}
		if err := w.To.Chmod(e.Path, w.Mode(e)); err != nil {
			return err
		}
	}
	return nil
}
