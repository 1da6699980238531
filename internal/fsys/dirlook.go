package fsys

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// DirEntry is one name in a directory.
type DirEntry struct {
	Name string
	Type Type
}

// Entries lists the directory in byte order of the names, without "." and "..". The types come with the names; only file
// systems that do not provide them cost a call for each.
func (d *Dir) Entries() ([]DirEntry, error) {
	list, err := d.readEntries()
	if err != nil {
		return nil, d.errorAbout("list", "", err)
	}
	slices.SortFunc(list, func(a, b DirEntry) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (d *Dir) readEntries() (list []DirEntry, err error) {
	if d.blind {
		return nil, unix.EACCES
	}
	if d.listed {
		if _, err := unix.Seek(d.fd, 0, unix.SEEK_SET); err != nil {
			return nil, err
		}
	}
	d.listed = true
	buf, _ := d.own.buffers.Get().(*[dirBuffer]byte)
	if buf == nil {
		buf = new([dirBuffer]byte)
	}
	defer d.own.buffers.Put(buf)
	for {
		n, err := retryInterrupted(func() (int, error) { return unix.Getdents(d.fd, buf[:]) })
		if err != nil || n == 0 {
			return list, err
		}
		if list, err = d.parseEntries(list, buf[:n]); err != nil {
			return nil, err
		}
	}
}

// The layout of struct linux_dirent64: inode, offset, length of the record,
// type, name.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19

	shortRecord = 32 // the usual size of a record: a name of up to 12 bytes
)

// parseEntries parses the result of getdents64(2). The names of one buffer share one string.
func (d *Dir) parseEntries(list []DirEntry, buf []byte) ([]DirEntry, error) {
	all := string(buf)
	if list == nil {
		list = make([]DirEntry, 0, len(buf)/shortRecord+1)
	}
	for at := 0; at+direntName < len(all); {
		size := int(binary.NativeEndian.Uint16(buf[at+direntLength:]))
		if size <= direntName || at+size > len(all) {
			return nil, unix.EIO
		}
		name := all[at+direntName : at+size]
		if end := strings.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		kind := buf[at+direntType]
		at += size
		if name == "." || name == ".." {
			continue
		}
		t, known := typeOfEntry(kind)
		if !known {
			var err error
			if t, err = typeAt(d.fd, name, unix.AT_SYMLINK_NOFOLLOW); err != nil {
				return nil, err
			}
			if t == Nothing { // removed since it was listed
				continue
			}
		}
		list = append(list, DirEntry{Name: name, Type: t})
	}
	return list, nil
}

func typeOfEntry(kind byte) (t Type, known bool) {
	switch kind {
	case unix.DT_REG:
		return Regular, true
	case unix.DT_DIR:
		return Directory, true
	case unix.DT_LNK:
		return Symlink, true
	case unix.DT_FIFO:
		return Fifo, true
	case unix.DT_SOCK:
		return Socket, true
	case unix.DT_BLK, unix.DT_CHR:
		return Device, true
	}
	return Other, false
}

// Look returns the type of the entry at name and, for a link, its text. A missing entry is [Nothing], and no error. For
// a link, or a missing entry, it makes one system call.
func (d *Dir) Look(name string) (Type, string, error) {
	for range maxRaces {
		text, err := readShortLink(d.fd, name)
		switch {
		case err == nil:
			return Symlink, text, nil
		case errors.Is(err, unix.ENOENT):
			return Nothing, "", nil
		case !errors.Is(err, unix.EINVAL) || !isName(name):
			return Nothing, "", d.errorAbout("look at", name, err)
		}
		t, err := typeAt(d.fd, name, unix.AT_SYMLINK_NOFOLLOW)
		if err != nil || t != Symlink { // otherwise it became one between the calls
			return t, "", d.errorAbout("look at", name, err)
		}
	}
	return Nothing, "", d.errorAbout("look at", name, unix.EAGAIN)
}

// Reads reports whether there is a link at name with the text, which may be given in pieces. If so, it allocates
// nothing.
func (d *Dir) Reads(name string, text ...string) (bool, error) {
	var c cname
	var b [shortText]byte
	n, err := readlinkInto(d.fd, &c, name, b[:])
	switch {
	case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) && isName(name):
		return false, nil
	case err != nil:
		return false, d.errorAbout("read link", name, err)
	case n < len(b):
		return isMadeOf(b[:n], text), nil
	}
	long, err := readlinkat(d.fd, name)
	return err == nil && isMadeOf([]byte(long), text), d.errorAbout("read link", name, err)
}

func isMadeOf(b []byte, pieces []string) bool {
	for _, p := range pieces {
		if len(b) < len(p) || string(b[:len(p)]) != p {
			return false
		}
		b = b[len(p):]
	}
	return len(b) == 0
}

// Leads returns the type of name's final target, inside the root if there is one: [Nothing] if there is none.
func (d *Dir) Leads(name string) (Type, error) {
	if d.own.fs != nil {
		info, err := d.own.fs.Stat(joinName(d.Path(), name))
		if leadsNowhere(err) {
			return Nothing, nil
		}
		return info.Type, err
	}
	t, err := typeAt(d.fd, name, 0)
	if leadsNowhere(err) {
		return Nothing, nil
	}
	return t, d.errorAbout("look at", name, err)
}

func leadsNowhere(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP)
}

// Lstat returns the entry at name.
func (d *Dir) Lstat(name string) (info Info, err error) {
	err = d.callAt(name, func() error {
		info, err = lstatx(d.fd, name)
		return err
	})
	return info, d.errorAbout("look at", name, err)
}

// Stat returns the target of name, inside the root if there is one.
func (d *Dir) Stat(name string) (Info, error) {
	if d.own.fs != nil {
		return d.own.fs.Stat(joinName(d.Path(), name))
	}
	var st unix.Stat_t
	err := d.callAt(name, func() error { return unix.Fstatat(d.fd, name, &st, 0) })
	return infoOf(&st), d.errorAbout("look at", name, err)
}

// Writable reports whether entries can be made and removed in the directory at path below this one: nil, or why not. It
// predicts that from one check; links on the way are followed.
func (d *Dir) Writable(path string) error {
	if path == "" {
		path = "."
	}
	err := ignoringEINTR(func() error { return unix.Faccessat(d.fd, path, unix.W_OK|unix.X_OK, unix.AT_EACCESS) })
	if errors.Is(err, unix.ENAMETOOLONG) {
		return nil // an unknown answer is no refusal
	}
	return d.errorAbout("write in", strings.TrimSuffix(path, "."), err)
}
