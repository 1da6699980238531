package fsys

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// writeInPlace writes a file that cannot be replaced by a rename, because it is a mount point. That is not atomic: a
// reader can see a part, during the write and after a crash. If it fails, the old content is written back.
func (c *committer) writeInPlace(s *Step, live Info) error {
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
	case live.Type == Regular && !info.SameContent(live):
		return ErrChanged
	case !info.Mount:
		// A user with write permission in the directory made it look like a mount point.
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
		unix.Unlinkat(s.dir.fd, s.temp, 0) //nolint:errcheck // Sweep removes the rest
	}
	return nil
}

// openStaged opens the staged content for reading.
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

// overwriteContent copies the content of src to dst. It truncates dst only after everything is written, so that on a
// full disk the old content can be written back.
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
