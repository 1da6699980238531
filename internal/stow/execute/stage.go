package execute

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// The entries of the staging directory. Records are links whose text is a path from the target, where a killed run was
// about to make a change.
const (
	newName = "new" // the next entry to put in place; after an exchange, the former one
	oldName = "old" // the former entry, if the file system cannot exchange

	recordUnfold = "unfold" // a directory is replacing the entry at the path
	recordRefold = "refold" // a link is replacing the directory at the path
	recordMelt   = "melt"   // the directory at the path is being emptied, so that the link can replace it
	recordAdopt  = "adopt"  // a file has a second name there that is to be removed
	recordCopy   = "copy"   // the same for a copy of a file
	recordBeside = "at."    // with a number: an entry is staged in the directory at the path
)

// besidePrefix begins the names of entries staged outside of the staging directory, on file systems mounted in the
// target and in packages.
const (
	besidePrefix    = Staging + "."
	besideOldPrefix = Staging + ":"
)

// slot is a place for one staged entry.
type slot struct {
	dir      *fsys.Dir
	now, old string
}

func besideSlot(d *fsys.Dir, name string) slot {
	return slot{dir: d, now: besideName(besidePrefix, name), old: besideName(besideOldPrefix, name)}
}

func besideName(prefix, name string) string {
	name = prefix + name
	return name[:min(len(name), unix.NAME_MAX)]
}

func isBeside(name string) bool {
	return strings.HasPrefix(name, besidePrefix) || strings.HasPrefix(name, besideOldPrefix)
}

// lockStaging shows other processes that a run is using the staging directory. Some file systems have no locks.
func lockStaging(d *fsys.Dir) error {
	err := d.TryLock(true)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	return err
}

// pathOf returns the path of name in d, for messages.
func pathOf(d *fsys.Dir, name string) string {
	return strings.TrimSuffix(d.Path(), "/") + "/" + name
}

func quote(s string) string { return strconv.Quote(s) }

// staging is the directory for staged entries. It is made on first use.
type staging struct {
	target *fsys.Dir
	dir    *fsys.Dir
	beside int // number of records made

	// none: the target itself is not writable, only directories in it. Then entries are staged beside their places,
	// without a record: the remains of a killed run disappear when the same path is replaced again.
	none bool
}

// open makes the staging directory; nil if that is impossible.
func (s *staging) open() (*fsys.Dir, error) {
	if s.dir != nil || s.none {
		return s.dir, nil
	}
	err := s.target.Mkdir(Staging, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil, &fsys.Error{Verb: "stage in", Path: pathOf(s.target, Staging), Err: ErrInterrupted}
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		s.none = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := s.target.OpenDir(Staging)
	if err != nil {
		return nil, err
	}
	if err := lockStaging(d); err != nil {
		d.Close()
		return nil, err
	}
	s.dir = d
	return d, nil
}

// close removes the staging directory. After an error it may still contain entries; Recover handles them as after a
// crash.
func (s *staging) close(ctx context.Context, clean bool) error {
	if s.dir == nil {
		return nil
	}
	defer s.dir.Close()
	if !clean || s.beside > 0 {
		return (&recovery{target: s.target, dir: s.dir}).clearAll(context.WithoutCancel(ctx))
	}
	return s.target.Rmdir(Staging)
}

// slotFor returns the place to stage an entry for name in d.
func (s *staging) slotFor(d *fsys.Dir, f *folder, name string) (slot, error) {
	dir, err := s.open()
	if err != nil {
		return slot{}, err
	}
	if s.none {
		at := besideSlot(d, name)
		return at, unlessMissing(removeTree(d, at.now))
	}
	if f.beside {
		return besideSlot(d, name), nil
	}
	return slot{dir: dir, now: newName, old: oldName}, nil
}

// stageBeside makes this folder stage its entries in itself from now on.
func (s *staging) stageBeside(f *folder) error {
	dir, err := s.open()
	f.beside = true
	if err != nil || s.none {
		return err
	}
	if err := dir.Symlink(cmp.Or(f.path, "."), recordBeside+strconv.Itoa(s.beside)); err != nil {
		return err
	}
	s.beside++
	return nil
}

// writeRecord records an imminent change, for Recover.
func (s *staging) writeRecord(what, path string) error {
	dir, err := s.open()
	if err != nil || s.none {
		return err
	}
	return dir.Symlink(path, what)
}

func (s *staging) eraseRecord(what string) error {
	if s.none {
		return nil
	}
	return s.dir.Remove(what)
}

// putLink renames a staged link over any entry at name.
func (s *staging) putLink(d *fsys.Dir, f *folder, text, name string) error {
	at, err := s.slotFor(d, f, name)
	if err != nil {
		return err
	}
	if err := at.dir.Symlink(text, at.now); err != nil {
		return err
	}
	err = at.dir.Rename(at.now, d, name)
	if err != nil && s.none {
		at.dir.Remove(at.now) //nolint:errcheck // the first error is reported
	}
	if f.beside || s.none || !errors.Is(err, unix.EXDEV) {
		return err
	}
	if err := at.dir.Remove(at.now); err != nil {
		return err
	}
	if err := s.stageBeside(f); err != nil {
		return err
	}
	return s.putLink(d, f, text, name)
}
