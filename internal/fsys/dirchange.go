package fsys

import (
	"errors"
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
