package fsys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/sys/unix"
)

// MakeFolder makes a folder as a parent. It records the folder first, so that [FS.TidyFolders] finds it even if the run
// is killed before anything is in it.
func (f *FS) MakeFolder(ctx context.Context, tag, dir string, perm Perm) error {
	if err := f.folders.write(dir, folderNote); err != nil {
		return fmt.Errorf("cannot make %q: %w", dir, err)
	}
	txn := f.Begin(tag)
	defer txn.Abort()
	if err := txn.CommitAll(ctx, txn.Dir(dir, perm)); err != nil {
		return errors.Join(err, f.folders.write(dir, ""))
	}
	info, err := f.Look(dir)
	if err != nil {
		return err
	}
	return f.folders.write(dir, identifyFolder(info))
}

// MakeFolders makes a folder and its parents like [FS.MakeFolder], as far as they are missing, and returns those that it
// made, the outermost first.
func (f *FS) MakeFolders(ctx context.Context, tag, dir string) (made []string, err error) {
	if _, err := f.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == "/" {
		return nil, err
	}
	if made, err = f.MakeFolders(ctx, tag, path.Dir(dir)); err != nil {
		return made, err
	}
	txn := f.Begin(tag)
	perm, err := txn.InheritedDir(dir)
	txn.Abort()
	if err != nil {
		return made, err
	}
	perm.Mode |= 0o755
	switch err := f.MakeFolder(ctx, tag, dir, perm); {
	case errors.Is(err, fs.ErrExist): // another process has made it in the meantime
		return made, nil
	case err != nil:
		return made, err
	}
	return append(made, dir), nil
}

// RemoveEmpty removes a folder if it is empty, whoever made it, and reports whether it did. A link to a folder stays.
func (f *FS) RemoveEmpty(ctx context.Context, tag, dir string) (gone bool, err error) {
	txn := f.Begin(tag)
	defer txn.Abort()
	info, err := txn.Look(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return true, f.folders.write(dir, "")
	case err != nil || info.Type != Directory:
		return false, err
	}
	if names, err := f.Names(dir); err != nil || len(names) > 0 {
		return false, err
	}
	switch err := txn.CommitAll(ctx, txn.Remove(dir, info)); {
	case errors.Is(err, unix.ENOTEMPTY): // another process has put something in it
		return false, nil
	case err != nil:
		return false, err
	}
	return true, f.folders.write(dir, "")
}

// TidyFolders removes those of the folders, and then of their parents, that were made only as parents and are empty.
func (f *FS) TidyFolders(ctx context.Context, tag string, dirs ...string) (removed []string, err error) {
	var errs []error
	for _, dir := range dirs {
		for dir = path.Clean(dir); dir != "/"; dir = path.Dir(dir) {
			_, missing := f.Lstat(dir)
			if !f.folders.isOne(f, dir) {
				if errors.Is(missing, fs.ErrNotExist) {
					continue // it was not recorded, or is missing
				}
				break
			}
			gone, err := f.RemoveEmpty(ctx, tag, dir)
			if err != nil {
				errs = append(errs, err)
			}
			if !gone {
				break
			}
			if missing == nil {
				removed = append(removed, dir)
			}
		}
	}
	return removed, errors.Join(errs...)
}
