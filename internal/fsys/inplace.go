package fsys

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// writeInPlace writes a file that cannot be renamed over, because it is a mount
// point. That is not atomic: a reader can see a part, during the write and after
// a crash. If it fails, the old content is written back.
func (c *committer) writeInPlace(s *Step) error {
	src, err := s.openStaged()
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := openat(s.dir.fd, s.name, unix.O_RDWR|unix.O_NONBLOCK)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	info, err := lstatx(dst, "")
	if err != nil {
		return err
	}
	switch {
	case info.Type != Regular:
		return errors.New("it is " + info.Type.String())
	case !info.Mount:
		// A user who may write to the directory made it look like one.
		if err := c.rules.mayChange(s.dir.path, s.dir.info, s.name, info); err != nil {
			return err
		}
	}
	old, err := unix.MemfdCreate("converge-old", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(old)
	if err := overwriteContent(old, dst); err != nil {
		return err
	}
	if err := rewriteFile(dst, src, Perm{s.mode, s.uid, s.gid}); err != nil {
		if back := rewriteFile(dst, old, Perm{info.Mode, info.UID, info.GID}); back != nil {
			return fmt.Errorf("%w; and the old content could not be written back: %w", err, back)
		}
		return err
	}
	if s.temp != "" {
		unix.Unlinkat(s.dir.fd, s.temp, 0) //nolint:errcheck // Sweep finds what is left over
	}
	return nil
}

// openStaged opens what the step staged for reading.
func (s *Step) openStaged() (int, error) {
	if s.mem >= 0 {
		return unix.FcntlInt(uintptr(s.mem), unix.F_DUPFD_CLOEXEC, 0)
	}
	return openat(s.dir.fd, s.temp, unix.O_RDONLY)
}

func rewriteFile(dst, src int, p Perm) error {
	if err := overwriteContent(dst, src); err != nil {
		return err
	}
	info, err := lstatx(dst, "")
	if err != nil {
		return err
	}
	if err := changePerm(dst, info, p); err != nil {
		return err
	}
	return unix.Fsync(dst)
}

// overwriteContent gives dst the content of src. It cuts dst down only after all of
// it is written, so that a full disk leaves something to write back to.
func overwriteContent(dst, src int) error {
	size, err := copyFrom(dst, src)
	if err != nil {
		return err
	}
	return ignoringEINTR(func() error { return unix.Ftruncate(dst, size) })
}

func copyFrom(dst, src int) (int64, error) {
	buf := make([]byte, min(compareBuffer, os.Getpagesize()*16))
	var at int64
	for {
		n, err := retryInterrupted(func() (int, error) { return unix.Pread(src, buf, at) })
		if err != nil || n == 0 {
			return at, err
		}
		for b := buf[:n]; len(b) > 0; {
			m, err := retryInterrupted(func() (int, error) { return unix.Pwrite(dst, b, at) })
			if err != nil {
				return at, err
			}
			at += int64(m)
			b = b[m:]
		}
	}
}

// Virtual reports whether path is on a file system whose files are interfaces of
// the kernel (procfs, sysfs, control groups): they are written in place, cannot
// be made, removed or renamed, and do not tell their size.
func (h *Held) Virtual(p string) (virtual bool, err error) {
	err = h.inParent(p, func(s spot) error {
		virtual = isVirtualAt(s.dir.fd)
		return nil
	})
	return virtual, errorAbout("look at", p, err)
}

// isVirtualAt reports whether an open directory is on one of those. No user can
// add entries there, and in a container the owner is often unmapped.
func isVirtualAt(fd int) bool {
	var st unix.Statfs_t
	err := ignoringEINTR(func() error { return unix.Fstatfs(fd, &st) })
	return err == nil && isVirtual(int64(st.Type)) //nolint:unconvert // 32 bits on some machines
}

func isVirtual(magic int64) bool {
	switch magic {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.DEBUGFS_MAGIC,
		unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.EFIVARFS_MAGIC, unix.SELINUX_MAGIC, unix.SMACK_MAGIC:
		return true
	}
	return false
}

// WriteVirtual stages a write to an interface of the kernel's: all of the
// content by one call, as it wants it. Nothing is cut off: an ordinary file, in a
// test, keeps what it has beyond the content.
func (t *Txn) WriteVirtual(path string, live Info, content []byte) *Step {
	return t.stage("write", path, func(s *Step) error {
		if live.Type != Regular {
			return errors.New("it is " + live.Type.String())
		}
		s.virtual = true
		s.apply = func(s *Step) error {
			fd, err := openat(s.dir.fd, s.name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			return writeAll(fd, content)
		}
		return nil
	})
}
