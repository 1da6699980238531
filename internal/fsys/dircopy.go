package fsys

import (
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// CopyFile copies a regular file to toName, which must not exist, in the directory to: content, mode, times and extended
// attributes, and the owner as far as permitted. The content is on disk when CopyFile returns, but its name may not be.
// It leaves no partial copy.
func (d *Dir) CopyFile(name string, to *Dir, toName string) error {
	if !isName(name) || !isName(toName) {
		return to.errorAbout("copy to", toName, unix.EINVAL)
	}
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return d.errorAbout("copy", name, err)
	}
	src := os.NewFile(uintptr(fd), name)
	defer src.Close()
	out, err := openat(to.fd, toName, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return to.errorAbout("copy to", toName, err)
	}
	dst := os.NewFile(uintptr(out), toName)
	err = copyWhole(src, dst)
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		unix.Unlinkat(to.fd, toName, 0) //nolint:errcheck // the first error is reported
	}
	return to.errorAbout("copy to", toName, err)
}

func copyWhole(src, dst *os.File) error {
	in, out := int(src.Fd()), int(dst.Fd())
	was, err := lstatx(in, "")
	switch {
	case err != nil:
		return err
	case was.Type != Regular:
		return errors.New("it is " + was.Type.String() + ", not a file")
	}
	if _, err = io.Copy(dst, src); err != nil { // copy_file_range where it can
		return err
	}
	if err = copyXattrs(in, out, was.Mode&0o700); err != nil {
		return err
	}
	if err = ignoringEINTR(func() error { return unix.Fchown(out, int(was.UID), int(was.GID)) }); err != nil {
		if !errors.Is(err, unix.EPERM) {
			return err
		}
		was.Mode &= 0o777 // setuid and the like must not apply to another owner
	}
	if err = fchmod(out, was.Mode); err != nil {
		return err
	}
	mtime := unix.NsecToTimespec(was.MTime.UnixNano())
	//nolint:errcheck // procfs may not be mounted, and times are a courtesy
	unix.UtimesNanoAt(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(out), []unix.Timespec{mtime, mtime}, 0)
	now, err := lstatx(in, "")
	if err == nil && !now.Same(was) {
		err = errors.New("it was changed while it was copied")
	}
	if err != nil {
		return err
	}
	return ignoringEINTR(func() error { return unix.Fsync(out) })
}
