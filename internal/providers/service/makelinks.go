package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/fsys"
)

// makeLink makes p a link to target, unless there is anything but a link.
func makeLink(ctx context.Context, root *fsys.FS, p, target string) error {
	if err := makeDir(ctx, root, path.Dir(p)); err != nil {
		return err
	}
	txn := root.Begin("service")
	defer txn.Abort()
	info, err := txn.Look(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = fsys.Info{}
	case err != nil:
		return err
	case info.Type != fsys.Symlink:
		return fmt.Errorf("%s is %s in the way of a link", p, info.Type)
	}
	step := txn.Symlink(p, target, info)
	return commitStep(ctx, txn, step)
}

// makeDir makes a folder and those above it, as far as they are missing.
func makeDir(ctx context.Context, root *fsys.FS, dir string) error {
	_, err := root.Stat(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDir(ctx, root, path.Dir(dir)); err != nil {
		return err
	}
	txn := root.Begin("service")
	defer txn.Abort()
	perm, err := txn.Inherited(dir)
	if err != nil {
		return err
	}
	perm.Mode |= 0o755
	return commitStep(ctx, txn, txn.Dir(dir, perm))
}

// removeLinks removes links, as far as they are there.
func removeLinks(ctx context.Context, root *fsys.FS, links []string) error {
	for _, l := range links {
		txn := root.Begin("service")
		info, err := txn.Look(l)
		if errors.Is(err, fs.ErrNotExist) {
			txn.Abort()
			continue
		}
		if err == nil && info.Type != fsys.Symlink {
			err = fmt.Errorf("%s is %s and no link", l, info.Type)
		}
		if err == nil {
			err = commitStep(ctx, txn, txn.Remove(l, info))
		}
		txn.Abort()
		if err != nil {
			return err
		}
	}
	return nil
}

func commitStep(ctx context.Context, txn *fsys.Txn, step *fsys.Step) error {
	if err := step.Err(); err != nil {
		return err
	}
	if err := txn.Commit(ctx); err != nil {
		return err
	}
	return step.Err()
}
