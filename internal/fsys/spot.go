package fsys

import (
	"cmp"
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// spot is the result of resolving a path: a name in a directory, which need not exist; "" for the directory itself.
type spot struct {
	dir  *node
	name string
}

func (s spot) fullPath() string { return joinName(s.dir.path, s.name) }

// findSpot resolves a path without following a link at its end.
func (t *tree) findSpot(from *node, p string, links *int) (spot, error) {
	end := strings.TrimRight(p, "/")
	i := strings.LastIndexByte(end, '/')
	above, name := end[:i+1], end[i+1:]
	if len(end) < len(p) || name == "" || name == "." || name == ".." { // it must be a directory
		dir, err := t.walkPath(from, p, links)
		return spot{dir: dir}, err
	}
	dir, err := t.walkPath(from, above, links)
	return spot{dir, name}, err
}

// spotAt is findSpot for an absolute clean path.
func (t *tree) spotAt(p string) (spot, error) {
	dir, name, err := splitPath(p)
	if err != nil {
		return spot{}, err
	}
	n, err := t.findDir(dir)
	if name == "." {
		name = ""
	}
	return spot{n, name}, err
}

// followLink resolves a link, and any links behind it. The final target must exist.
func (t *tree) followLink(s spot, links *int) (spot, Info, error) {
	if s.name == "" {
		return s, s.dir.info, nil
	}
	info, err := lstat(s.dir.fd, s.name)
	if err != nil || info.Type != Symlink {
		return s, info, err
	}
	l, err := t.readLink(s.dir, s.name, links)
	switch {
	case err != nil:
		return s, info, err
	case l.text == "": // replaced in the meantime
		return s, info, unix.EAGAIN
	}
	to, err := t.findSpot(s.dir, l.text, links)
	if err != nil {
		return s, info, err
	}
	to, info, err = t.followLink(to, links)
	if err == nil {
		err = l.mayLead(to.fullPath(), info.UID)
	}
	if err == nil && to.name != "" { // a user who cannot put names into a directory must not name its entries
		err = l.mayLead(to.dir.path, to.dir.info.UID)
	}
	return to, info, err
}

// resolveSpot follows the links in path, the last component included.
func (t *tree) resolveSpot(p string) (spot, Info, error) {
	links := 0
	if !strings.HasPrefix(p, "/") || strings.IndexByte(p, 0) >= 0 {
		return spot{}, Info{}, unix.EINVAL
	}
	s, err := t.findSpot(nil, p, &links)
	if err != nil {
		return s, Info{}, err
	}
	return t.followLink(s, &links)
}

func (s spot) openEntry(flags int) (int, error) { return openat(s.dir.fd, cmp.Or(s.name, "."), flags) }

// lstat returns the entry name in the directory fd, or fd itself if name is
// empty, by the cheapest call.
func lstat(fd int, name string) (Info, error) {
	var st unix.Stat_t
	flags := unix.AT_SYMLINK_NOFOLLOW
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	err := ignoringEINTR(func() error { return unix.Fstatat(fd, name, &st, flags) })
	return infoOf(&st), err
}

// readlinkat reads a link of any length.
func readlinkat(fd int, name string) (string, error) {
	for size := 256; ; size *= 2 {
		b := make([]byte, size)
		n, err := retryInterrupted(func() (int, error) { return unix.Readlinkat(fd, name, b) })
		if err != nil {
			return "", err
		}
		if n < size {
			return string(b[:n]), nil
		}
	}
}

// maxRaces is how often openat2 may find that a directory was moved during "..": it gives up rather than resolve
// wrongly.
const maxRaces = 128

// openInRoot opens path in the directory root by one call.
func openInRoot(root int, p string, flags int, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve | unix.RESOLVE_NO_MAGICLINKS}
	for range maxRaces {
		fd, err := unix.Openat2(root, p, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
	return -1, unix.EAGAIN
}
