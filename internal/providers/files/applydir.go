package files

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/resources"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func (c *change) dir() error {
	path := resources.StringAttr(c.c.Want, "path")
	info, err := c.p.fs.Lstat(path)
	if err == nil && info.Type == fsys.Symlink {
		if path, err = c.p.fs.Resolve(path); err == nil {
			info, err = c.p.fs.Lstat(path)
		}
	}
	switch {
	case isMissing(err) && absent(c.c.Want):
		return nil
	case isMissing(err):
		return c.makeDir(path)
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return inTheWay(path, info, "directory", removeIt)
	case absent(c.c.Want):
		return c.removeDir(path)
	}
	if info, err = c.txn.Look(path); err != nil {
		return err
	}
	perm, err := c.p.wantPerm(c.ctx, c.c.Want, fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}, true)
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
	if resources.BoolAttr(c.c.Want, "parents") {
		if err := c.makeParents(path); err != nil {
			return err
		}
	}
	base, err := c.txn.Inherited(path)
	if err != nil {
		return err
	}
	base.Mode |= 0o755
	perm, err := c.p.wantPerm(c.ctx, c.c.Want, base, true)
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", path, err)
	}
	return c.add(c.txn.Dir(path, perm))
}

// makeParents makes what is missing above path, each in a group of its own:
// one can be staged only in what is there.
func (c *change) makeParents(path string) error {
	var missing []string
	for dir := parent(path); dir != "/"; dir = parent(dir) {
		_, err := c.p.fs.Stat(dir)
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
		perm, err := txn.Inherited(dir)
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
	if !resources.BoolAttr(c.c.Want, "purge") {
		names, err := c.p.fs.Names(path)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(names, func(n string) bool { return !c.goes(path + "/" + n) }) {
			return fmt.Errorf("cannot remove %q: %w: set purge = true to remove what is in it", path, unix.ENOTEMPTY)
		}
		info, err := c.txn.Look(path)
		if err != nil {
			return err
		}
		return c.add(c.txn.Remove(path, info))
	}
	if err := c.keepBelow(path); err != nil {
		return err
	}
	return c.add(c.txn.RemoveAll(path))
}

// goes reports whether the same group removes path.
func (c *change) goes(path string) bool { return c.going[path] }

// keepBelow saves every file below path.
func (c *change) keepBelow(path string) error {
	if c.p.o.Keep == nil {
		return nil
	}
	return c.p.fs.Walk(c.ctx, path, func(at string, info fsys.Info) error {
		if info.Type != fsys.Regular {
			return nil
		}
		return c.keep(at)
	})
}

// recurse gives what lies below its owner and mode: exactly what the plan
// listed. It is no part of the group, because a tree can be of any size; each
// entry is old or new, and an interrupted pass is finished by the next.
func (c *change) recurse() error {
	list := resources.StringsAttr(c.c.Have, "differing")
	if len(list) == 0 || !resources.BoolAttr(c.c.Want, "recurse") {
		return nil
	}
	txn := c.p.fs.Begin(c.p.o.RunID)
	defer func() { txn.Abort() }()
	var steps []*fsys.Step
	flush := func() error {
		errs := []error{txn.Commit(c.ctx)}
		for _, s := range steps {
			errs = append(errs, s.Err())
		}
		txn, steps = c.p.fs.Begin(c.p.o.RunID), nil
		return errors.Join(errs...)
	}
	for _, at := range list {
		if txn.Dirs() >= maxDirs {
			if err := flush(); err != nil {
				return err
			}
		}
		info, err := txn.Look(at)
		if isMissing(err) {
			continue
		}
		if err != nil {
			return err
		}
		live := fsys.Perm{Mode: info.Mode, UID: info.UID, GID: info.GID}
		perm, err := c.p.wantPerm(c.ctx, recursed(c.c.Want, info), live, info.Type == fsys.Directory)
		if err != nil {
			return fmt.Errorf("cannot change %q: %w", at, err)
		}
		steps = append(steps, txn.Chperm(at, info, perm))
	}
	return flush()
}

// purge removes what the plan listed as undeclared, and nothing else.
func (c *change) purge() error {
	list := resources.StringsAttr(c.c.Have, "undeclared")
	if len(list) == 0 || !resources.BoolAttr(c.c.Want, "purge") {
		return nil
	}
	path := resources.StringAttr(c.c.Want, "path")
	declared, err := c.p.declaredBelow(path)
	if err != nil {
		return err
	}
	within := strings.TrimSuffix(path, "/") + "/"
	for _, at := range list {
		if declared(at) != undeclared || !strings.HasPrefix(at, within) {
			return fmt.Errorf("cannot remove %q: internal error: it is declared, or outside of %s", at, within)
		}
		if err := c.purgeOne(at); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) purgeOne(at string) error {
	info, err := c.txn.Look(at)
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		if err := c.keepBelow(at); err != nil {
			return err
		}
		return c.add(c.txn.RemoveAll(at))
	case info.Type == fsys.Regular:
		if err := c.keep(at); err != nil {
			return err
		}
	}
	return c.add(c.txn.Remove(at, info))
}

func (c *change) link() error {
	want := c.c.Want
	path := resources.StringAttr(want, "path")
	info, err := c.p.fs.Lstat(path)
	switch {
	case isMissing(err) && absent(want):
		return nil
	case isMissing(err):
		info = fsys.Info{}
	case err != nil:
		return err
	case info.Type == fsys.Directory:
		return inTheWay(path, info, "link", removeIt)
	case info.Type != fsys.Symlink && (absent(want) || !resources.BoolAttr(want, "force")):
		return inTheWay(path, info, "link", forceIt)
	case info.Type == fsys.Regular:
		if err := c.keep(path); err != nil {
			return err
		}
	}
	if absent(want) {
		return c.add(c.txn.Remove(path, info))
	}
	return c.add(c.txn.Symlink(path, resources.StringAttr(want, "target"), info))
}
