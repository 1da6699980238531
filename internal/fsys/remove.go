package fsys

import (
	"errors"

	"golang.org/x/sys/unix"
)

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
	fd, err := retryInterrupted(func() (int, error) {
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
	children, err := readNames(list)
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
