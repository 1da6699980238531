package fsys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// errNotRegular reports an output that is a device, a pipe or a directory.
var errNotRegular = errors.New("is not a regular file")

// OpenOutput opens a regular file to rewrite it, and creates it for its owner alone if it is missing. It follows links,
// as root only by safe steps, so that another user cannot choose the file that is overwritten.
func (f *FS) OpenOutput(p string) (*os.File, error) {
	t := f.newTree()
	defer t.close()
	s, err := t.findOutput(p)
	if err != nil {
		return nil, err
	}
	// The open must neither block on nor empty an entry that has replaced it.
	fd, err := openat(s.dir.fd, s.name, unix.O_WRONLY|unix.O_CREAT|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), p)
	info, err := lstat(fd, "")
	switch {
	case err != nil:
	case info.Type != Regular:
		err = errNotRegular
	case f.rules.isShared(s.dir.info, info):
		err = ErrShared
	default:
		err = file.Truncate(0)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// ReplaceOutput writes a file as a whole, for its owner alone: a reader sees the old content or the new one. It follows
// links as [FS.OpenOutput] does.
func (f *FS) ReplaceOutput(p string, content []byte) error {
	t := f.newTree()
	defer t.close()
	s, err := t.findOutput(p)
	if err != nil {
		return err
	}
	dir := &Dir{handle: handle{fd: s.dir.fd, name: s.dir.path, own: &common{}}}
	return ReplaceFile(InDir(dir), s.name, content, Replacement{Sync: true})
}

// findOutput resolves the path of a regular file, which need not exist.
func (t *tree) findOutput(p string) (spot, error) {
	s, info, err := t.resolveSpot(p)
	if errors.Is(err, unix.ENOENT) {
		return t.spotAt(p)
	}
	if err == nil && info.Type != Regular {
		err = errNotRegular
	}
	return s, err
}
