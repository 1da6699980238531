package abi

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Image is an installation image.
type Image interface {
	// Walk calls visit for each regular file and each symbolic link of the
	// image, by byte order of the paths within a directory. link is a symbolic
	// link's text, and empty for a file. An error of visit ends the walk.
	Walk(ctx context.Context, visit func(path, link string) error) error
	// Open opens the regular file that Walk has named. It never leaves the
	// image, and never waits.
	Open(path string) (Content, error)
}

// Content is an open file. Bytes beyond Size are not read.
type Content interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Dir is the image in a directory of this machine.
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

// Walk implements [Image]. Links are named and not followed.
func (d *Dir) Walk(ctx context.Context, visit func(path, link string) error) error {
	return fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case e.Type().IsRegular():
			return visit(path, "")
		case e.Type() == fs.ModeSymlink:
			text, err := d.root.Readlink(path)
			if err != nil {
				return err
			}
			return visit(path, text)
		}
		return nil
	})
}

// Open implements [Image].
func (d *Dir) Open(path string) (Content, error) {
	f, err := d.root.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return file{f, info.Size()}, nil
}

type file struct {
	*os.File
	size int64
}

func (f file) Size() int64 { return f.size }
