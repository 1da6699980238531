package fsys

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	accessList = "system.posix_acl_access"
	capability = "security.capability"
)

// passXattrs copies to the staged file the replaced one's metadata other than content, mode and owner: the SELinux
// label, the access list, user attributes. It leaves out what is only valid for the old content: capabilities, and the
// signatures of IMA and EVM. The access list is limited to mode in the call that sets it: the unlimited list could let
// another user read the new content for a moment.
func (s *Step) passXattrs(live Info, to int, mode uint32) error {
	fd, err := openat(s.dir.fd, s.name, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if now, err := lstat(fd, ""); err != nil || now.Ino != live.Ino || now.Dev != live.Dev {
		return errors.Join(err, errReplaced)
	}
	return copyXattrs(fd, to, mode)
}

func copyXattrs(from, to int, mode uint32) error {
	list, err := readXattrs(from)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x Xattr) bool { return x.Name == capability })
	i := slices.IndexFunc(list, func(x Xattr) bool { return x.Name == accessList })
	if i >= 0 {
		list[i].Value, err = limitedList(list[i].Value, mode)
	} else { // the staged file may have inherited one from its directory
		err = ignoreUnsupported(unix.Fremovexattr(to, accessList))
	}
	if err != nil {
		return err
	}
	return setXattrs(to, list)
}

// The layout of system.posix_acl_access (linux/posix_acl_xattr.h): a version,
// then for each entry its tag, its permissions and an id.
const (
	aclVersion   = 2
	aclHeader    = 4
	aclEntry     = 8
	aclUserObj   = 0x01
	aclGroupObj  = 0x04
	aclMask      = 0x10
	aclOther     = 0x20
	aclPermsFrom = 2
)

// limitedList returns an access list with the permissions of mode for the owner, the mask and others, as chmod(2) would
// set them.
func limitedList(list []byte, mode uint32) ([]byte, error) {
	if len(list) < aclHeader || (len(list)-aclHeader)%aclEntry != 0 || binary.LittleEndian.Uint32(list) != aclVersion {
		return nil, errors.New("its access list is in a format that is not known")
	}
	out := slices.Clone(list)
	masked := false
	for at := aclHeader; at < len(out); at += aclEntry {
		masked = masked || binary.LittleEndian.Uint16(out[at:]) == aclMask
	}
	for at := aclHeader; at < len(out); at += aclEntry {
		perms := -1
		switch binary.LittleEndian.Uint16(out[at:]) {
		case aclUserObj:
			perms = int(mode >> 6 & 7)
		case aclMask:
			perms = int(mode >> 3 & 7)
		case aclGroupObj:
			if !masked {
				perms = int(mode >> 3 & 7)
			}
		case aclOther:
			perms = int(mode & 7)
		}
		if perms >= 0 {
			binary.LittleEndian.PutUint16(out[at+aclPermsFrom:], uint16(perms))
		}
	}
	return out, nil
}

// listMode returns the mode that corresponds to an access list.
func listMode(list []byte) (mode uint32) {
	group, mask := uint32(0), int32(-1)
	for at := aclHeader; at+aclEntry <= len(list); at += aclEntry {
		perms := uint32(binary.LittleEndian.Uint16(list[at+aclPermsFrom:])) & 7
		switch binary.LittleEndian.Uint16(list[at:]) {
		case aclUserObj:
			mode |= perms << 6
		case aclGroupObj:
			group = perms
		case aclMask:
			mask = int32(perms)
		case aclOther:
			mode |= perms
		}
	}
	if mask >= 0 {
		group = uint32(mask)
	}
	return mode | group<<3
}

// Xattr is an extended attribute: an access list, the capabilities of a
// program, an SELinux label, a user's own note.
type Xattr struct {
	Name  string
	Value []byte
}

// Xattrs returns the attributes of the entry at path that a copy should have, by name: all except the signatures of IMA
// and EVM, which are valid for one file.
func (h *Held) Xattrs(p string) (list []Xattr, err error) {
	err = h.inParent(p, func(s spot) error {
		list, err = xattrsAt(s.dir.fd, s.name)
		return err
	})
	return list, errorAbout("read the attributes of", p, err)
}

// Xattrs returns the attributes of the entry, see [Held.Xattrs].
func (e Entry) Xattrs() ([]Xattr, error) {
	list, err := xattrsAt(e.dir, e.name)
	return list, errorAbout("read the attributes of", e.Path, err)
}

func xattrsAt(dir int, name string) ([]Xattr, error) {
	fd, err := openat(dir, cmp.Or(name, "."), unix.O_PATH)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return readXattrs(fd)
}

// readXattrs reads the attributes that a copy should have, by name.
func readXattrs(fd int) ([]Xattr, error) {
	path := fdPath(fd)
	names, err := listXattrs(path)
	if err != nil {
		return nil, ignoreUnsupported(err)
	}
	slices.Sort(names)
	var out []Xattr
	for _, n := range names {
		if n == "security.ima" || n == "security.evm" || strings.HasPrefix(n, "trusted.overlay.") {
			continue
		}
		v, err := getXattr(path, n)
		switch {
		case err == nil:
			out = append(out, Xattr{n, v})
		case ignoreUnsupported(err) != nil && !mayFail(n, err):
			return nil, err
		}
	}
	return out, nil
}

// setXattrs sets attributes of a new file, after its owner and mode.
func setXattrs(fd int, list []Xattr) error {
	for _, x := range list {
		err := unix.Fsetxattr(fd, x.Name, x.Value, 0)
		if err != nil && ignoreUnsupported(err) != nil && !mayFail(x.Name, err) {
			return err
		}
	}
	return nil
}

// ignoreUnsupported ignores that a file system has no attributes, because then none are lost, and that procfs is not
// mounted.
func ignoreUnsupported(err error) error {
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// mayFail reports whether an error is expected: without root, attributes
// outside user. cannot be set, and reading trusted. is denied too.
func mayFail(name string, err error) bool {
	denied := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	return denied && !strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, "system.posix_acl")
}

func listXattrs(path string) ([]string, error) {
	size, err := unix.Listxattr(path, nil)
	if err != nil || size == 0 {
		return nil, err
	}
	b := make([]byte, size+256)
	if size, err = unix.Listxattr(path, b); err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(b[:size]), func(r rune) bool { return r == 0 }), nil
}

func getXattr(path, name string) ([]byte, error) {
	size, err := unix.Getxattr(path, name, nil)
	if err != nil || size == 0 {
		return nil, err
	}
	b := make([]byte, size)
	n, err := unix.Getxattr(path, name, b)
	return b[:max(n, 0)], err
}

// setXattr sets an attribute, also for O_PATH handles.
func setXattr(fd int, name string, v []byte) error {
	err := unix.Fsetxattr(fd, name, v, 0)
	if errors.Is(err, unix.EBADF) {
		err = unix.Setxattr(fdPath(fd), name, v, 0)
	}
	return err
}

// HasCapabilities reports whether a program has capabilities, which new content does not get.
func (h *Held) HasCapabilities(p string, info Info) (has bool) {
	_ = h.inEntry(p, unix.O_PATH, func(fd int) error {
		caps, err := readCapabilities(fd, info)
		has = len(caps) > 0
		return err
	})
	return has
}

const defaultList = "system.posix_acl_default"

// DefaultMode returns the mode to which the default access list of a directory
// limits new entries; 0777 if it has none.
func (h *Held) DefaultMode(dir string) (mode uint32, err error) {
	mode = 0o777
	err = h.inEntry(dir, unix.O_PATH|unix.O_DIRECTORY, func(fd int) error {
		list, err := getXattr(fdPath(fd), defaultList)
		if err != nil || len(list) == 0 {
			return ignoreUnsupported(err)
		}
		mode = listMode(list)
		return nil
	})
	return mode, errorAbout("read the access list of", dir, err)
}
