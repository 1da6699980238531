package audit

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Dir is the image in a directory of this machine. Links are never followed
// out of it.
type Dir struct{ root *os.Root }

// OpenDir opens an image. The caller closes it.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the image: %w", err)
	}
	return &Dir{root}, nil
}

// Close closes the image.
func (d *Dir) Close() error { return d.root.Close() }

// Walk implements [Image].
func (d *Dir) Walk(ctx context.Context, visit func(Node) error) error {
	return fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		info, err := d.root.Lstat(path)
		if err != nil {
			return err
		}
		n := Node{Path: path, Kind: 'o', Mode: chmodBits(info.Mode())}
		switch {
		case info.Mode().IsRegular():
			n.Kind, n.Size = 'f', info.Size()
		case info.IsDir():
			n.Kind = 'd'
		case info.Mode()&fs.ModeSymlink != 0:
			n.Kind = 'l'
			if n.Link, err = d.root.Readlink(path); err != nil {
				return err
			}
		}
		return visit(n)
	})
}

// Open implements [Image].
func (d *Dir) Open(path string) (io.ReadCloser, error) {
	return d.root.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// chmodBits are the twelve bits of chmod(2).
func chmodBits(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for _, b := range []struct {
		mode fs.FileMode
		bit  uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if m&b.mode != 0 {
			bits |= b.bit
		}
	}
	return bits
}
