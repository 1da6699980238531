package fsys

import (
	"errors"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// changePerm makes the change of [Txn.Chperm] to the entry that Look returned.
func (c *committer) changePerm(s *Step, live Info, want Perm) error {
	dir := s.dir.fd
	fd, err := openat(dir, s.name, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, fs.ErrPermission) { // permission to change it, but not to read it
		fd, err = openat(dir, s.name, unix.O_PATH)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	now, err := lstatx(fd, "")
	if err != nil {
		return err
	}
	switch {
	case now.Ino != live.Ino || now.Dev != live.Dev:
		return errReplaced
	case !now.isAccessOf(live):
		return ErrChanged
	case c.rules.isShared(s.dir.info, now):
		return ErrShared
	}
	if err := c.giveOwner(fd, now, want); err != nil || !c.few {
		return err
	}
	if err := fsync(fd); !errors.Is(err, unix.EBADF) { // impossible for O_PATH handles
		return err
	}
	return syncfs(dir)
}

// isAccessOf reports whether mode and owner are still those of live. Those of a file with other names may have been
// changed by such a name.
func (i Info) isAccessOf(live Info) bool {
	return i.Type == Regular && i.Links > 1 || i.Mode == live.Mode && i.UID == live.UID && i.GID == live.GID
}

// giveOwner is changePerm, and also records the former owner of a directory. It reads the time of the change while the
// new owner cannot alter the directory yet.
func (c *committer) giveOwner(fd int, now Info, want Perm) error {
	if now.Type != Directory || now.UID == want.UID {
		return changePerm(fd, now, want)
	}
	if err := fchmod(fd, now.Mode); err != nil { // sets the time stamp
		return err
	}
	stamped, err := lstat(fd, "")
	if err != nil {
		return err
	}
	if err := changePerm(fd, now, want); err != nil {
		return err
	}
	c.rules.given.noteGift(stamped)
	return nil
}

// changePerm sets owner and mode of an open file. If both change, the mode is first reduced to what both allow: at no
// moment may a user have more rights than before or after. It restores capabilities, which a change of owner clears:
// they were granted to the content, which is the same.
func changePerm(fd int, now Info, want Perm) error {
	mode := now.Mode
	if now.UID != want.UID || now.GID != want.GID {
		caps, err := readCapabilities(fd, now)
		if err != nil {
			return err
		}
		if safe := now.Mode & want.Mode & 0o777; safe != mode {
			if err := fchmod(fd, safe); err != nil {
				return err
			}
			mode = safe
		}
		if err := chown(fd, want); err != nil {
			fchmod(fd, now.Mode) //nolint:errcheck // the first error is reported
			return err
		}
		mode &= 0o777 // the kernel clears setuid and setgid
		if len(caps) > 0 {
			if err := setXattr(fd, capability, caps); err != nil {
				return err
			}
		}
	}
	if mode == want.Mode {
		return nil
	}
	return fchmod(fd, want.Mode)
}

func chown(fd int, p Perm) error {
	return ignoringEINTR(func() error { return unix.Fchownat(fd, "", int(p.UID), int(p.GID), unix.AT_EMPTY_PATH) })
}

// readCapabilities returns the capabilities of a program, as the kernel stores them.
func readCapabilities(fd int, now Info) ([]byte, error) {
	if now.Type != Regular || now.Mode&0o111 == 0 {
		return nil, nil
	}
	v, err := getXattr(fdPath(fd), capability)
	return v, ignoreUnsupported(err)
}

// fchmod changes a mode, also for O_PATH handles.
func fchmod(fd int, mode uint32) error {
	err := ignoringEINTR(func() error { return unix.Fchmod(fd, mode) })
	if errors.Is(err, unix.EBADF) {
		return ignoringEINTR(func() error { return unix.Chmod(fdPath(fd), mode) })
	}
	return err
}

// fdPath returns a path of an open file, for calls that do not take an O_PATH handle.
func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
