package fsys

import (
	"context"
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// ErrSkipDir tells Walk not to go into the directory just visited.
var ErrSkipDir = errors.New("skip this directory")

// Entry is something below a directory that is walked. Its methods reach it
// through the directory held open, and only while it is visited.
type Entry struct {
	Info
	Path string

	dir   int
	name  string
	in    Info // the directory
	rules *rules
}

// Shared reports whether the entry may be a name that another user made for a
// file that is not theirs, see [ErrShared].
func (e Entry) Shared() bool { return e.rules.isShared(e.in, e.Info) }

// Open opens a file, which must still be the one that was visited.
func (e Entry) Open() (*os.File, error) {
	if err := e.Hollow(); err != nil {
		return nil, errorAbout("read", e.Path, err)
	}
	fd, err := openat(e.dir, e.name, readOnly)
	if err != nil {
		return nil, errorAbout("read", e.Path, err)
	}
	f := os.NewFile(uintptr(fd), e.Path)
	now, err := lstat(fd, "")
	if err == nil && (now.Ino != e.Ino || now.Dev != e.Dev) {
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, errorAbout("read", e.Path, err)
	}
	return f, nil
}

// Readlink reads a link.
func (e Entry) Readlink() (string, error) {
	text, err := readlinkat(e.dir, e.name)
	return text, errorAbout("read link", e.Path, err)
}

// Walk visits everything below the directory at dir, in the order of names,
// parents before their content. It visits links and does not follow them; it
// visits the mount points of other file systems and does not enter them. It
// reaches everything through open directories, so that none is left on the way.
func (f *FS) Walk(ctx context.Context, dir string, visit func(e Entry) error) error {
	t := f.newTree()
	fd, err := t.openDir(dir)
	t.close()
	if err != nil {
		return errorAbout("list", dir, err)
	}
	defer unix.Close(fd)
	return walker{f.rules, visit}.walkIn(ctx, fd, ".", dir)
}

// walker visits what lies in directories.
type walker struct {
	rules *rules
	visit func(Entry) error
}

func (w walker) walkIn(ctx context.Context, fd int, name, at string) error {
	var in *Info // looked at once there is something in it
	err := eachIn(fd, name, func(fd int, child string) error {
		if in == nil {
			info, err := lstat(fd, "")
			if err != nil {
				return errorAbout("look at", at, err)
			}
			in = &info
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		p := path.Join(at, child)
		info, err := lstatx(fd, child)
		switch {
		case errors.Is(err, unix.ENOENT):
			return nil // gone since it was listed
		case err != nil:
			return errorAbout("look at", p, err)
		}
		err = w.visit(Entry{Info: info, Path: p, dir: fd, name: child, in: *in, rules: w.rules})
		switch {
		case errors.Is(err, ErrSkipDir):
			return nil
		case err != nil || info.Type != Directory || info.Mount:
			return err
		}
		err = w.walkIn(ctx, fd, child, p)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			return nil // replaced since it was visited
		}
		return missingIsFine(err)
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errorAbout("list", at, err)
}
