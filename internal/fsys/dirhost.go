package fsys

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// openHost opens a directory of the host by a path from the directory at. As root, it follows links on the way only by
// safe steps, along whole.
func openHost(at int, path, whole string) (fd int, blind bool, err error) {
	if unix.Geteuid() == 0 {
		// A path without links cannot have been redirected.
		how := unix.OpenHow{Flags: dirFlags, Resolve: unix.RESOLVE_NO_SYMLINKS}
		fd, err := retryInterrupted(func() (int, error) { return unix.Openat2(at, path, &how) })
		switch {
		case err == nil || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR):
			return fd, false, err
		}
		return openSafely(whole)
	}
	fd, blind, err = openDirAt(at, path, 0)
	if errors.Is(err, unix.ENAMETOOLONG) {
		fd, blind, err = openPieces(at, path, 0)
	}
	return fd, blind, err
}

// openSafely opens a directory of the host by safe steps.
func openSafely(path string) (fd int, blind bool, err error) {
	if !strings.HasPrefix(path, "/") {
		var buf [unix.PathMax]byte
		n, err := unix.Getcwd(buf[:])
		if err != nil {
			return -1, false, err
		}
		path = string(buf[:max(n-1, 0)]) + "/" + path // n counts the NUL
	}
	host, err := Open("/")
	if err != nil {
		return -1, false, err
	}
	defer host.Close()
	t := host.newTree()
	defer t.close()
	links := 0
	n, err := t.walkPath(nil, path, &links)
	if err != nil {
		return -1, false, err
	}
	return openDirAt(n.fd, ".", 0)
}
