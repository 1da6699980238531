package fsys

import (
	"errors"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// Chperm stages a change of owner and mode of what is at path, which must be
// what [Txn.Look] said. It is made in place: there is nothing to rename.
func (t *Txn) Chperm(path string, live Info, want Perm) *Step {
	s, err := t.add("change", path)
	switch {
	case err != nil:
	case live.Type != Regular && live.Type != Directory:
		err = errors.New("it is " + live.Type.String())
	case live.Type == Regular && live.Links > 1 && s.dir.othersWrite():
		err = ErrShared
	}
	if err != nil {
		return t.fail(s, err)
	}
	s.apply = func(s *Step) error { return changeAt(s.dir.fd, s.name, live, want, t.few) }
	return s
}

// othersWrite reports whether somebody besides root and us may put names into
// the directory.
func (d *dirHandle) othersWrite() bool {
	return d.info.Mode&0o002 != 0 || d.info.UID != 0 && d.info.UID != uint32(unix.Geteuid())
}

func changeAt(dir int, name string, live Info, want Perm, sync bool) error {
	fd, err := retry(func() (int, error) {
		return unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	if errors.Is(err, fs.ErrPermission) { // ours to change, and not to read
		fd, err = retry(func() (int, error) {
			return unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		})
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	now, err := lstatx(fd, "")
	if err != nil {
		return err
	}
	if now.Ino != live.Ino || now.Dev != live.Dev {
		return errors.New("it was replaced since it was looked at")
	}
	if err := change(fd, now, want); err != nil || !sync {
		return err
	}
	if err := unix.Fsync(fd); !errors.Is(err, unix.EBADF) { // O_PATH handles cannot
		return err
	}
	return syncfs(dir)
}

// change sets owner and mode of an open file. If both change, the mode is
// first cut down to what both allow: at no moment may someone do more than
// before or after.
func change(fd int, now Info, want Perm) error {
	mode := now.Mode
	if now.UID != want.UID || now.GID != want.GID {
		if safe := now.Mode & want.Mode & 0o777; safe != mode {
			if err := fchmod(fd, safe); err != nil {
				return err
			}
			mode = safe
		}
		err := ignoringEINTR(func() error {
			return unix.Fchownat(fd, "", int(want.UID), int(want.GID), unix.AT_EMPTY_PATH)
		})
		if err != nil {
			fchmod(fd, now.Mode) //nolint:errcheck // the first error is the one to tell
			return err
		}
		mode &= 0o777 // the kernel clears setuid and setgid
	}
	if mode == want.Mode {
		return nil
	}
	return fchmod(fd, want.Mode)
}

// fchmod works on O_PATH handles as well.
func fchmod(fd int, mode uint32) error {
	err := ignoringEINTR(func() error { return unix.Fchmod(fd, mode) })
	if errors.Is(err, unix.EBADF) {
		return ignoringEINTR(func() error { return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode) })
	}
	return err
}
