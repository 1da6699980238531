package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"converge/internal/fsys"
)

// takeAlong copies what sites declare below the old tree into the new one, so that it is never missing: its own
// resource comes after the exchange.
func (s *staging) takeAlong(ctx context.Context) error {
	rels, access := s.declared.carriedBelow(s.at, s.list), s.declared.accessBelow(s.at)
	if len(rels)+len(access) == 0 {
		return nil
	}
	if err := s.list.checkCarried(s.at, rels); err != nil {
		return err
	}
	from, err := s.parent.OpenDir(path.Base(s.at))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := s.dir.OpenDir(treeName)
	if err != nil {
		return err
	}
	defer to.Close()
	c := carrier{from: from, to: to}
	if c.root, err = fsys.RootOf(to); err != nil {
		return err
	}
	defer c.root.Close()
	for _, rel := range rels {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.carry(rel); err != nil {
			return err
		}
	}
	for _, rel := range access {
		if err := c.carryAccess(rel); err != nil {
			return err
		}
	}
	return nil
}

// checkCarried returns an error if a carried entry has no place in a tree.
func (l *list) checkCarried(at string, rels []string) error {
	for _, rel := range rels {
		for dir := above(rel); dir != ""; dir = above(dir) {
			if e, known := l.find(dir); known && e.Type != folder {
				return fmt.Errorf("cannot replace %s: %s is declared, and %s is no folder in the archive", quote(at), quote(path.Join(at, rel)), quote(path.Join(at, dir)))
			}
		}
	}
	return nil
}

// carryAccess gives a file the owner and the mode that it has in the old tree.
func (c carrier) carryAccess(rel string) error {
	old, err := c.from.OpenPath(above(rel))
	if err != nil {
		return ignoreMissing(err)
	}
	defer old.Close()
	info, err := old.Lstat(path.Base(rel))
	if err != nil || info.Type != fsys.Regular {
		return ignoreMissing(err)
	}
	if live, err := c.root.Lstat(rel); err != nil || !live.Mode().IsRegular() {
		return ignoreMissing(err)
	}
	err = ignoreRefused(c.root.Lchown(rel, int(info.UID), int(info.GID)))
	if err == nil {
		err = c.root.Chmod(rel, fs.FileMode(info.Mode&0o777))
	}
	return err
}

// carrier copies entries from one tree to another.
type carrier struct {
	from, to *fsys.Dir
	root     *os.Root // to
}

// carry copies one entry, with the folders above it, unless it does not exist.
func (c carrier) carry(rel string) error {
	dir, name := above(rel), path.Base(rel)
	from, err := c.from.OpenPath(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if dir != "" {
		if err := c.makeFolders(dir); err != nil {
			return err
		}
	}
	to, err := c.to.OpenPath(dir)
	if err != nil {
		return err
	}
	defer to.Close()
	return c.copyEntry(from, to, rel, info)
}

func (c carrier) copyEntry(from, to *fsys.Dir, rel string, info fsys.Info) error {
	name := path.Base(rel)
	switch info.Type {
	case fsys.Directory:
		return c.makeFolders(rel)
	case fsys.Regular:
		if err := removeIfThere(to, name); err != nil {
			return err
		}
		return from.CopyFile(name, to, name)
	case fsys.Symlink:
		_, text, err := from.Look(name)
		if err == nil {
			err = removeIfThere(to, name)
		}
		if err == nil {
			err = to.Symlink(text, name)
		}
		if err == nil {
			err = ignoreRefused(c.root.Lchown(rel, int(info.UID), int(info.GID)))
		}
		return err
	}
	return nil // its own resource reports any problem
}

// makeFolders makes a folder and those above it as they are in the old tree. An existing one keeps its content.
func (c carrier) makeFolders(rel string) error {
	if dir := above(rel); dir != "" {
		if _, err := c.root.Lstat(rel); errors.Is(err, fs.ErrNotExist) {
			if err := c.makeFolders(dir); err != nil {
				return err
			}
		}
	}
	if err := c.root.Mkdir(rel, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	old, err := c.from.OpenPath(rel)
	if err != nil {
		return err
	}
	defer old.Close()
	info, err := old.Self()
	if err == nil {
		err = ignoreRefused(c.root.Lchown(rel, int(info.UID), int(info.GID)))
	}
	if err == nil {
		err = c.root.Chmod(rel, fs.FileMode(info.Mode&0o777))
	}
	return err
}

// ignoreRefused ignores the error of a change of owner that only root can make.
func ignoreRefused(err error) error {
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		return nil
	}
	return err
}

func removeIfThere(dir *fsys.Dir, name string) error {
	err := dir.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
