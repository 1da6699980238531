package fsys

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Symlink makes a link at name. It returns EEXIST for an existing entry.
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

// Mkdir makes a directory at name, with mode reduced by the umask.
func (d *Dir) Mkdir(name string, mode uint32) error {
	return d.errorAbout("create directory", name, d.callAt(name, func() error { return unix.Mkdirat(d.fd, name, mode) }))
}

// Remove removes the entry at name, which must not be a directory.
func (d *Dir) Remove(name string) error { return d.errorAbout("remove", name, unlinkat(d.fd, name, 0)) }

// Rmdir removes an empty directory.
func (d *Dir) Rmdir(name string) error {
	return d.errorAbout("remove", name, unlinkat(d.fd, name, unix.AT_REMOVEDIR))
}

// Rename moves name to toName in the directory to, replacing any entry there.
func (d *Dir) Rename(name string, to *Dir, toName string) error {
	return d.renameEntry("replace", name, to, toName, 0)
}

// RenameNew moves name to toName in the directory to, and returns EEXIST if an entry exists there. On a file system that
// cannot guarantee that (NFS), it checks first.
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

// Exchange atomically swaps name and toName in the directory to, also a link and a directory. [Unsupported] reports that
// a file system cannot do that.
func (d *Dir) Exchange(name string, to *Dir, toName string) error {
	return d.renameEntry("exchange", name, to, toName, unix.RENAME_EXCHANGE)
}

// Unsupported reports whether an error of Exchange means that the file system or the kernel cannot do it, or not for
// these two entries.
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

// Link gives the entry at name, also a link, a second name in the directory to. It returns EEXIST for an existing entry.
func (d *Dir) Link(name string, to *Dir, toName string) error {
	return to.errorAbout("link", toName, to.callAt(toName, func() error {
		return d.callAt(name, func() error { return unix.Linkat(d.fd, name, to.fd, toName, 0) })
	}))
}
