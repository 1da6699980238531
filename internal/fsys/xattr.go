package fsys

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const accessList = "system.posix_acl_access"

// copyXattrs gives the staged file what the replaced one had besides content,
// mode and owner: the SELinux label, the access list, user attributes. What
// vouches for the old content is left behind: capabilities, and the signatures
// of IMA and EVM.
func copyXattrs(dir int, name string, to int) error {
	fd, err := retry(func() (int, error) {
		return unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	path := "/proc/self/fd/" + strconv.Itoa(fd)
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
		case "security.capability", "security.ima", "security.evm":
			continue
		}
		v, err := getXattr(path, n)
		if err == nil {
			err = unix.Fsetxattr(to, n, v, 0)
		}
		if err := ignoreUnsupported(err); err != nil && !mayFail(n, err) {
			return err
		}
	}
	return nil
}

// ignoreUnsupported: a file system without attributes has none to lose, and
// procfs may not be mounted.
func ignoreUnsupported(err error) error {
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// mayFail: whoever is not root cannot set attributes outside user., and
// reading trusted. is denied likewise.
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
