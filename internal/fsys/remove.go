package fsys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Remove stages the removal of the entry at path: of anything but a directory,
// or of an empty one.
func (t *Txn) Remove(path string, live Info) *Step {
	s, err := t.add("remove", path)
	return t.remove(s, live, err)
}

func (t *Txn) remove(s *Step, live Info, err error) *Step {
	if err == nil && live.Mount {
		err = ErrMounted
	}
	if err != nil {
		return t.fail(s, err)
	}
	flags := 0
	if live.Type == Directory {
		flags = unix.AT_REMOVEDIR
	}
	s.apply = func(s *Step) error {
		return missingIsFine(ignoringEINTR(func() error { return unix.Unlinkat(s.dir.fd, s.name, flags) }))
	}
	return s
}

// RemoveAll stages the removal of a directory with its content. A rename hides
// it at once, and then it is removed. A file system that is mounted in it
// prevents all of that.
func (t *Txn) RemoveAll(path string) *Step {
	s, err := t.add("remove", path)
	return t.removeAll(s, err)
}

func (t *Txn) removeAll(s *Step, err error) *Step {
	if err == nil {
		err = noMounts(s.dir.fd, s.name, s.dir.info.Dev)
	}
	if err != nil {
		return t.fail(s, err)
	}
	s.apply = func(s *Step) error {
		temp := t.next("")
		err := unix.Renameat2(s.dir.fd, s.name, s.dir.fd, temp, unix.RENAME_NOREPLACE)
		if err != nil {
			temp = s.name // overlayfs, for one, does not rename every directory
		}
		return missingIsFine(removeAllAt(s.dir.fd, temp))
	}
	return s
}

func missingIsFine(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// noMounts looks for mount points at and below name.
func noMounts(dir int, name string, dev uint64) error {
	info, err := lstatx(dir, name)
	switch {
	case err != nil:
		return missingIsFine(err)
	case info.Mount || info.Dev != dev:
		return ErrMounted
	case info.Type != Directory:
		return nil
	}
	return eachIn(dir, name, func(fd int, child string) error { return noMounts(fd, child, dev) })
}

// removeAllAt removes name in the directory dir, with all that is below it.
func removeAllAt(dir int, name string) error {
	err := ignoringEINTR(func() error { return unix.Unlinkat(dir, name, 0) })
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return err
	}
	info, lerr := lstatx(dir, name)
	switch {
	case lerr != nil:
		return lerr
	case info.Mount:
		return ErrMounted
	case info.Type != Directory:
		return err
	}
	if err := eachIn(dir, name, removeAllAt); err != nil {
		return err
	}
	return ignoringEINTR(func() error { return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR) })
}

// eachIn calls do for every name in the directory name of dir.
func eachIn(dir int, name string, do func(fd int, child string) error) error {
	fd, err := retry(func() (int, error) {
		return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	list, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	children, err := names(list)
	if err != nil {
		return err
	}
	for _, c := range children {
		if err := do(fd, c); err != nil {
			return err
		}
	}
	return nil
}
