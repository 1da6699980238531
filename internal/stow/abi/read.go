package abi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// FileError reports a file of an image that could not be parsed. The loader
// would refuse it too, so the image's facts are complete without it.
type FileError struct {
	Path string
	Err  error
}

// Error names the file.
func (e *FileError) Error() string { return fmt.Sprintf("cannot read %q: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Read reads the installation image in a local directory, and never leaves it. It returns damaged ELF files in addition
// to the facts of the others; err means that it could not read the image at all.
func Read(ctx context.Context, dir string) (f Facts, damaged []*FileError, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Facts{}, nil, fmt.Errorf("cannot open the image: %w", err)
	}
	defer root.Close()
	// The open must not block on a file that has become a pipe meanwhile.
	return readImage(ctx, root, func(name string) (*os.File, error) {
		return root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	})
}

// readImage reads the regular files and the texts of the links of an image.
func readImage(ctx context.Context, root *os.Root, open func(name string) (*os.File, error)) (f Facts, damaged []*FileError, err error) {
	c := &collector{nameless: map[string]int{}, links: map[string][]string{}}
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case e.Type() == fs.ModeSymlink:
			text, err := root.Readlink(name) // package fs wants UTF-8
			c.addLink(name, text)
			return err
		case !e.Type().IsRegular(), strings.HasSuffix(name, ".debug"): // what strip took off: a library by its headers, without its contents
			return nil
		}
		o, ok, err := inspectFile(open, name)
		switch {
		case isFatal(err):
			return &FileError{name, err}
		case err != nil:
			damaged = append(damaged, &FileError{name, err})
		case ok:
			c.addObject(name, o)
		}
		return nil
	})
	if err != nil {
		return Facts{}, damaged, fmt.Errorf("cannot read the image: %w", err)
	}
	return c.toFacts(), damaged, nil
}

// isFatal reports whether the system failed, rather than one file being damaged.
func isFatal(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist)
}

func inspectFile(open func(name string) (*os.File, error), name string) (Object, bool, error) {
	f, err := open(name)
	if err != nil {
		return Object{}, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if err != nil {
		return Object{}, false, err
	}
	return Inspect(f, info.Size())
}
