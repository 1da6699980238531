package fsys

import (
	"context"
	"errors"
	"path"

	"golang.org/x/sys/unix"
)

// ErrSkipDir tells Walk not to go into the directory just visited.
var ErrSkipDir = errors.New("skip this directory")

// Walk visits everything below the directory at dir, in the order of names,
// parents before what is in them. Links are visited and not followed; other
// file systems are visited at their mount point and not entered.
func (f *FS) Walk(ctx context.Context, dir string, visit func(p string, info Info) error) error {
	fd, err := f.openat(dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return cannot("list", dir, err)
	}
	defer unix.Close(fd)
	return walkIn(ctx, fd, ".", dir, visit)
}

func walkIn(ctx context.Context, fd int, name, at string, visit func(string, Info) error) error {
	err := eachIn(fd, name, func(fd int, child string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := path.Join(at, child)
		info, err := lstatx(fd, child)
		switch {
		case errors.Is(err, unix.ENOENT):
			return nil // gone since it was listed
		case err != nil:
			return cannot("look at", p, err)
		}
		err = visit(p, info)
		switch {
		case errors.Is(err, ErrSkipDir):
			return nil
		case err != nil || info.Type != Directory || info.Mount:
			return err
		}
		return missingIsFine(walkIn(ctx, fd, child, p, visit))
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return cannot("list", at, err)
}
