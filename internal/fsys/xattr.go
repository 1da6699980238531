package fsys

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	accessList = "system.posix_acl_access"
	capability = "security.capability"
)

// passXattrs gives the staged file the replaced one's metadata besides content,
// mode and owner: the SELinux label, the access list, user attributes. It leaves
// out what is valid for the old content only: capabilities, and the signatures of
// IMA and EVM. The access list is limited to mode in the call that sets it: the
// unlimited list could let another user read the new content for a moment.
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
	path := fdPath(from)
	names, err := listXattrs(path)
	if err != nil {
		return ignoreUnsupported(err)
	}
	if !slices.Contains(names, accessList) {
		// The staged file may have inherited one from its directory.
		if err := ignoreUnsupported(unix.Fremovexattr(to, accessList)); err != nil {
			return err
		}
	}
	for _, n := range names {
		switch n {
		case capability, "security.ima", "security.evm":
			continue
		}
		v, err := getXattr(path, n)
		if err == nil && n == accessList {
			v, err = limitedList(v, mode)
		}
		if err == nil {
			err = unix.Fsetxattr(to, n, v, 0)
		}
		if err := ignoreUnsupported(err); err != nil && !mayFail(n, err) {
			return err
		}
	}
	return nil
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

// limitedList is an access list with the owner's, the mask's and the others'
// permissions of mode, as chmod(2) would set them.
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

// listMode is the mode that an access list comes to.
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
