package fsys

import (
	"errors"
	"io"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Symlink makes a link at name. An existing entry is EEXIST.
func (d *Dir) Symlink(text, name string) error {
	var c cname
	err := c.setName(name)
	var short [shortText]byte
	var b []byte
	if err == nil {
		b, err = linkText(short[:], text)
	}
	if err != nil {
		return d.errorAbout("link", name, err)
	}
	return d.errorAbout("link", name, retryErrno(func() unix.Errno {
		_, _, errno := unix.Syscall(unix.SYS_SYMLINKAT, uintptr(unsafe.Pointer(&b[0])), uintptr(d.fd), uintptr(unsafe.Pointer(&c)))
		return errno
	}))
}

// Mkdir makes a directory at name, with what the umask leaves of mode.
func (d *Dir) Mkdir(name string, mode uint32) error {
	return d.errorAbout("create directory", name, d.callAt(name, func() error { return unix.Mkdirat(d.fd, name, mode) }))
}

// Remove removes the entry at name, which must not be a directory.
func (d *Dir) Remove(name string) error { return d.errorAbout("remove", name, unlinkat(d.fd, name, 0)) }

// Rmdir removes an empty directory.
func (d *Dir) Rmdir(name string) error {
	return d.errorAbout("remove", name, unlinkat(d.fd, name, unix.AT_REMOVEDIR))
}

// Rename moves name to toName in the directory to, over any entry there.
func (d *Dir) Rename(name string, to *Dir, toName string) error {
	return d.renameEntry("replace", name, to, toName, 0)
}

// RenameNew moves name to toName in the directory to, where nothing may be:
// EEXIST. A file system that cannot promise that (NFS) is looked at first.
func (d *Dir) RenameNew(name string, to *Dir, toName string) error {
	err := d.renameEntry("create", name, to, toName, unix.RENAME_NOREPLACE)
	if !Unsupported(err) {
		return err
	}
	switch t, _, err := to.Look(toName); {
	case err != nil:
		return err
	case t != Nothing:
		return to.errorAbout("create", toName, unix.EEXIST)
	}
	return d.renameEntry("create", name, to, toName, 0)
}

// Exchange swaps name and toName in the directory to, at one moment: a link
// and a directory too. Where a file system cannot do that, Unsupported tells.
func (d *Dir) Exchange(name string, to *Dir, toName string) error {
	return d.renameEntry("exchange", name, to, toName, unix.RENAME_EXCHANGE)
}

// Unsupported tells of an error of Exchange that the file system, or the
// kernel, cannot do it, or not with these two.
func Unsupported(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP)
}

func (d *Dir) renameEntry(verb, name string, to *Dir, toName string, flags uintptr) error {
	var from, into cname
	if err := from.setName(name); err != nil {
		return d.errorAbout("rename", name, err)
	}
	if err := into.setName(toName); err != nil {
		return to.errorAbout(verb, toName, err)
	}
	return to.errorAbout(verb, toName, retryErrno(func() unix.Errno { return renameat(d.fd, &from, to.fd, &into, flags) }))
}

// Link gives the entry at name, a link included, another name in the directory
// to. An existing entry is EEXIST.
func (d *Dir) Link(name string, to *Dir, toName string) error {
	return to.errorAbout("link", toName, to.callAt(toName, func() error {
		return d.callAt(name, func() error { return unix.Linkat(d.fd, name, to.fd, toName, 0) })
	}))
}

// CopyFile copies a regular file to toName in the directory to, where nothing
// may be: content, mode, times and extended attributes, and the owner as far as
// that is permitted. It is on disk when CopyFile returns, its name may not be.
// What could not be copied whole is not there.
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
		unix.Unlinkat(to.fd, toName, 0) //nolint:errcheck // the first error is the one to tell
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
		was.Mode &= 0o777 // what it grants in another's name
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
