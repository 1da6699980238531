package fsys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// MakeLink makes p a link to target, and makes its parents, unless something other than a link is there. tag is that of
// [FS.Begin].
func (f *FS) MakeLink(ctx context.Context, tag, p, target string) error {
	if _, err := f.MakeFolders(ctx, tag, path.Dir(p)); err != nil {
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

// RemoveLinks removes existing links, and the folders that [FS.MakeLink] made for them.
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
	if err := txn.CommitAll(ctx, steps...); err != nil {
		return err
	}
	dirs := make([]string, len(paths))
	for i, p := range paths {
		dirs[i] = path.Dir(p)
	}
	_, err := f.TidyFolders(ctx, tag, dirs...)
	return err
}

// CommitAll commits steps that must be made together: if one could not be staged, none is made.
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
