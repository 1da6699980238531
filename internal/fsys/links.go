package fsys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// MakeLink makes p a link to target, with the folders above it, unless there is
// anything but a link. tag is that of [FS.Begin].
func (f *FS) MakeLink(ctx context.Context, tag, p, target string) error {
	if err := f.makeDirs(ctx, tag, path.Dir(p)); err != nil {
		return err
	}
	txn := f.Begin(tag)
	defer txn.Abort()
	info, err := txn.Look(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = Info{}
	case err != nil:
		return err
	case info.Type != Symlink:
		return fmt.Errorf("%s is %s in the way of a link", p, info.Type)
	}
	return txn.CommitAll(ctx, txn.Symlink(p, target, info))
}

// makeDirs makes a folder and those above it, as far as they are missing.
func (f *FS) makeDirs(ctx context.Context, tag, dir string) error {
	_, err := f.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.makeDirs(ctx, tag, path.Dir(dir)); err != nil {
		return err
	}
	txn := f.Begin(tag)
	defer txn.Abort()
	perm, err := txn.Inherited(dir)
	if err != nil {
		return err
	}
	perm.Mode |= 0o755
	return txn.CommitAll(ctx, txn.Dir(dir, perm))
}

// RemoveLinks removes links, as far as they are there.
func (f *FS) RemoveLinks(ctx context.Context, tag string, paths ...string) error {
	txn := f.Begin(tag)
	defer txn.Abort()
	var steps []*Step
	for i, p := range paths {
		info, err := txn.Look(p)
		switch {
		case errors.Is(err, fs.ErrNotExist), slices.Contains(paths[:i], p):
			continue
		case err != nil:
			return err
		case info.Type != Symlink:
			return fmt.Errorf("%s is %s and no link", p, info.Type)
		}
		steps = append(steps, txn.Remove(p, info))
	}
	return txn.CommitAll(ctx, steps...)
}

// CommitAll commits steps that are to be made together or not at all: where one could
// not be staged, none is made.
func (t *Txn) CommitAll(ctx context.Context, steps ...*Step) error {
	for _, s := range steps {
		if err := s.Err(); err != nil {
			return err
		}
	}
	if err := t.Commit(ctx); err != nil {
		return err
	}
	for _, s := range steps {
		if err := s.Err(); err != nil {
			return err
		}
	}
	return nil
}
