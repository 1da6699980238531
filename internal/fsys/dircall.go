package fsys

import (
	"errors"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of [Dir], with names on the stack: package unix would allocate for each.

// cname is a name in the form that the kernel takes, on the stack.
type cname [unix.NAME_MAX + 1]byte

func (c *cname) setName(name string) error {
	if len(name) > unix.NAME_MAX {
		return unix.ENAMETOOLONG
	}
	if !isName(name) {
		return unix.EINVAL
	}
	copy(c[:], name)
	return nil
}

// linkText returns the text of a link in the form that the kernel takes.
func linkText(short []byte, text string) ([]byte, error) {
	switch {
	case text == "":
		return nil, unix.ENOENT // the error of symlink(2)
	case len(text) >= unix.PathMax:
		return nil, unix.ENAMETOOLONG
	case strings.IndexByte(text, 0) >= 0:
		return nil, unix.EINVAL
	case len(text) >= len(short):
		return append([]byte(text), 0), nil
	}
	copy(short, text)
	return short, nil
}

func unlinkat(fd int, name string, flags uintptr) error {
	var c cname
	if err := c.setName(name); err != nil {
		return err
	}
	return retryErrno(func() unix.Errno {
		_, _, errno := unix.Syscall(unix.SYS_UNLINKAT, uintptr(fd), uintptr(unsafe.Pointer(&c)), flags)
		return errno
	})
}

// renameat calls renameat2(2), which kernels before 3.15 and some seccomp filters lack; renameat(2) replaces it if both
// have the same effect.
func renameat(from int, name *cname, to int, toName *cname, flags uintptr) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_RENAMEAT2, uintptr(from), uintptr(unsafe.Pointer(name)),
		uintptr(to), uintptr(unsafe.Pointer(toName)), flags, 0)
	if errno == unix.ENOSYS && flags == 0 {
		return oldRenameat(from, unix.ByteSliceToString(name[:]), to, unix.ByteSliceToString(toName[:]))
	}
	return errno
}

func oldRenameat(from int, name string, to int, toName string) unix.Errno {
	var errno unix.Errno
	if err := unix.Renameat(from, name, to, toName); err != nil && !errors.As(err, &errno) {
		return unix.EIO
	}
	return errno
}

// shortText is the usual maximum of the text of a link.
const shortText = 512

// readShortLink reads a link, by one call if its text is short.
func readShortLink(fd int, name string) (string, error) {
	var c cname
	var b [shortText]byte
	n, err := readlinkInto(fd, &c, name, b[:])
	switch {
	case err != nil:
		return "", err
	case n < len(b):
		return string(b[:n]), nil
	}
	return readlinkat(fd, name)
}

func readlinkInto(fd int, c *cname, name string, b []byte) (n int, err error) {
	if err := c.setName(name); err != nil {
		return 0, err
	}
	err = retryErrno(func() unix.Errno {
		size, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(fd), uintptr(unsafe.Pointer(c)),
			uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0, 0)
		n = int(size)
		return errno
	})
	return n, err
}

// typeAt returns the type of the entry at name, [Nothing] if there is none.
func typeAt(fd int, name string, flags int) (Type, error) {
	var c cname
	if err := c.setName(name); err != nil {
		return Nothing, err
	}
	var sx unix.Statx_t
	err := retryErrno(func() unix.Errno {
		_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(fd), uintptr(unsafe.Pointer(&c)),
			uintptr(flags|unix.AT_NO_AUTOMOUNT), unix.STATX_TYPE, uintptr(unsafe.Pointer(&sx)), 0)
		return errno
	})
	mode := uint32(sx.Mode)
	if err == unix.ENOSYS || err == unix.EPERM { //nolint:errorlint // bare; before 4.11, or a seccomp filter
		var st unix.Stat_t
		err = ignoringEINTR(func() error { return unix.Fstatat(fd, name, &st, flags) })
		mode = st.Mode
	}
	if err == nil {
		return typeOf(mode), nil
	}
	return Nothing, missingIsFine(err)
}
