package files

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"converge/internal/fsys"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func (c *change) dir() error {
	path := c.c.Want.Path.Bytes()
	info, err := c.p.held.Lstat(path)
	if err == nil && info.Type == fsys.Symlink {
		path, info, err = c.p.held.Resolve(path)
	}
	switch {
	case isMissing(err) && c.c.Want.IsAbsent():
		return nil
	case isMissing(err):
		return c.makeDir(path)
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return inTheWay(path, info, "directory", removeIt)
	case c.c.Want.IsAbsent():
		return c.removeDir(path)
	}
	if info, err = c.txn.Look(path); err != nil {
		return err
	}
	perm, err := c.p.wantPerm(c.ctx, &c.c.Want, fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}, true)
	if err != nil {
		return fmt.Errorf("cannot change %q: %w", path, err)
	}
	if err := c.recurse(); err != nil {
		return err
	}
	if err := c.purge(); err != nil {
		return err
	}
	if (perm == fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}) {
		return nil
	}
	return c.add(c.txn.Chperm(path, info, perm))
}

func (c *change) makeDir(path string) error {
	if c.c.Want.Parents.Value {
		if err := c.makeParents(path); err != nil {
			return err
		}
	}
	base, err := c.txn.InheritedDir(path)
	if err != nil {
		return err
	}
	base.Mode |= 0o755
	perm, err := c.p.wantPerm(c.ctx, &c.c.Want, base, true)
	if err == nil && perm.UID != base.UID { // whose directory it lies in does not matter
		if base, err = c.txn.Inherited(path); err != nil {
			return err
		}
		base.Mode |= 0o755
		perm, err = c.p.wantPerm(c.ctx, &c.c.Want, base, true)
	}
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", path, err)
	}
	xattrs, err := wantXattrs(&c.c.Want)
	if err != nil {
		return err
	}
	return c.add(c.txn.Dir(path, perm, xattrs...))
}

// makeParents makes the missing parents of path, each in a group of its own: one
// can be staged only in an existing folder.
func (c *change) makeParents(path string) error {
	var missing []string
	for dir := parent(path); dir != "/"; dir = parent(dir) {
		_, err := c.p.held.Stat(dir)
		if err == nil {
			break
		}
		if !isMissing(err) {
			return err
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		txn := c.p.fs.Begin(c.p.o.RunID)
		perm, err := txn.InheritedDir(dir)
		if err != nil {
			txn.Abort()
			return err
		}
		perm.Mode |= 0o755
		step := txn.Dir(dir, perm)
		if err := txn.Commit(c.ctx); err != nil {
			return err
		}
		if err := step.Err(); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func (c *change) removeDir(path string) error {
	if !c.c.Want.Purge.Value {
		names, err := c.p.fs.Names(path)
		if err != nil {
			return err
		}
		if stay := slices.DeleteFunc(names, func(n string) bool { return c.goes(path + "/" + n) }); len(stay) > 0 {
			if c.c.Want.IfEmpty.Value {
				return nil // and Observe says so
			}
			return notEmpty(path, stay)
		}
		info, err := c.txn.Look(path)
		if err != nil {
			return err
		}
		return c.add(c.txn.Remove(path, info))
	}
	if err := c.keepBelow(c.txn, path); err != nil {
		return err
	}
	return c.add(c.txn.RemoveAll(path))
}

// goes reports whether the same group removes path.
func (c *change) goes(path string) bool { return c.going[path] }

func (c *change) link() error {
	want := &c.c.Want
	path := want.Path.Bytes()
	info, err := c.p.held.Lstat(path)
	switch {
	case isMissing(err) && want.IsAbsent():
		return nil
	case isMissing(err):
		info = fsys.Info{}
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		return inTheWay(path, info, "link", removeIt)
	case info.Type != fsys.Symlink && (want.IsAbsent() || !want.Force.Value):
		return inTheWay(path, info, "link", forceIt)
	case info.Type == fsys.Regular:
		if info, err = c.txn.Look(path); err == nil {
			err = c.keep(c.txn, path, info)
		}
		if err != nil {
			return err
		}
	}
	if want.IsAbsent() {
		return c.add(c.txn.Remove(path, info))
	}
	return c.add(c.txn.Symlink(path, want.Target.Bytes(), info))
}
