package fsys

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// scope is the part of the tree that a group of changes covers: the whole root ([Txn]), or one directory ([Below]). It
// has the methods that both offer.
type scope struct {
	txn *Txn

	// at returns the directory of path, and the name in it ("." for the root itself). The directory is held open from
	// the first read to the last rename, so that all of them use the same one.
	at func(path string) (*node, string, error)

	// mayChange is the rule for a change of owner or mode in place.
	mayChange func(s *Step, live Info) error
}

// Look returns the present entry at path, in the directory in which the change will be made. The change is based on it.
func (c *scope) Look(path string) (Info, error) {
	d, name, err := c.at(path)
	if err != nil {
		return Info{}, errorAbout("look at", path, err)
	}
	info, err := lstatx(d.fd, name)
	return info, errorAbout("look at", path, err)
}

// Open opens the file at path for reading; it must be unchanged since was.
func (c *scope) Open(path string, was Info) (*os.File, error) {
	d, name, err := c.at(path)
	if err != nil {
		return nil, errorAbout("read", path, err)
	}
	return Entry{Info: was, Path: path, dir: d.fd, name: name}.Open()
}

// Walk visits everything below path, as [FS.Walk] does, in the directory in which the change will be made.
func (c *scope) Walk(ctx context.Context, path string, visit func(e Entry) error) error {
	d, name, err := c.at(path)
	if err != nil {
		return errorAbout("list", path, err)
	}
	return walker{rules: c.txn.fs.rules, visit: visit}.walkIn(ctx, d.fd, name, path)
}

// Chperm stages a change of owner and mode of the entry at path, which must still be live. It is made in place: there is
// nothing to rename.
func (c *scope) Chperm(path string, live Info, want Perm) *Step {
	return c.stage("change", path, func(s *Step) error {
		s.perm = &want
		s.apply = func(s *Step) error { return c.txn.changePerm(s, live, want) }
		if err := c.mayChange(s, live); err != nil {
			return err
		}
		if live.Type != Regular && live.Type != Directory {
			return errors.New("it is " + live.Type.String())
		}
		return nil
	})
}

// Remove stages the removal of the entry at path: anything except a directory that is not empty.
func (c *scope) Remove(path string, live Info) *Step {
	flags := 0
	if live.Type == Directory {
		flags = unix.AT_REMOVEDIR
	}
	return c.stage("remove", path, func(s *Step) error {
		s.apply = func(s *Step) error {
			if err := refuseChanged(s, live); err != nil {
				return err
			}
			return missingIsFine(ignoringEINTR(func() error { return unix.Unlinkat(s.dir.fd, s.name, flags) }))
		}
		if live.Mount {
			return ErrMounted
		}
		return nil
	})
}

// RemoveAll stages the removal of a directory with its content. A rename hides it at once, and then it is removed. A
// file system mounted in it prevents the whole removal.
func (c *scope) RemoveAll(path string) *Step {
	return c.stage("remove", path, func(s *Step) error {
		s.apply = func(s *Step) error {
			temp := c.txn.nextName("")
			err := unix.Renameat2(s.dir.fd, s.name, s.dir.fd, temp, unix.RENAME_NOREPLACE)
			if err != nil {
				temp = s.name // overlayfs, for example, cannot rename every directory
			}
			return missingIsFine(removeAllAt(s.dir.fd, temp))
		}
		return noMounts(s.dir.fd, s.name, s.dir.info.Dev)
	})
}

// stage adds a step to the group. prepare makes it ready to be applied.
func (c *scope) stage(verb, path string, prepare func(s *Step) error) *Step {
	s := &Step{verb: verb, path: path, mem: -1, fd: -1}
	c.txn.steps = append(c.txn.steps, s)
	var err error
	s.dir, s.name, err = c.at(path)
	if err == nil && s.name == "." && verb != "change" {
		err = unix.EBUSY // the root itself
	}
	if err == nil {
		err = prepare(s)
	}
	if err != nil {
		return c.txn.failStep(s, err)
	}
	return s
}
