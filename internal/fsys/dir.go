package fsys

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Dir is an open directory. It reaches every entry by a name, never by a path, and does not follow a link at the name:
// moving the directory, or replacing a parent by a link, does not redirect the changes. A call allocates only its
// result.
//
// Many goroutines may use it, except for [Dir.Entries], which shares one position, and [Dir.Close].
type Dir struct {
	handle
	listed bool // the position is not at the start
}

// dirBuffer holds some 800 entries.
const dirBuffer = 32 << 10

// dirFlags opens a directory for listing and for making entries.
const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC

// OpenDirAt opens a directory of the host. Links in path are followed; as root only by safe steps (see [ErrUnsafe]). The
// result's Path contains no links.
func OpenDirAt(path string) (*Dir, error) {
	d := &Dir{handle: handle{name: path, own: &common{}}}
	var err error
	if d.fd, d.blind, err = openHost(unix.AT_FDCWD, path, path); err != nil {
		return nil, errorAbout("open directory", path, err)
	}
	if d.name, err = canonicalPath(d.fd, path); err != nil {
		unix.Close(d.fd)
		return nil, errorAbout("resolve", path, err)
	}
	return d, nil
}

// OpenDir opens a directory under the root for changes: it refuses links on the way that another user planted. Path is
// inside the root and without links.
func (f *FS) OpenDir(path string) (*Dir, error) {
	real, err := f.Resolve(path)
	if err != nil {
		return nil, err
	}
	t := f.newTree()
	defer t.close()
	fd, err := t.openDir(real)
	if err != nil {
		return nil, errorAbout("open directory", path, err)
	}
	own := &common{noOpenat2: f.noOpenat2}
	if !f.real {
		own.fs = f
	}
	return &Dir{handle: handle{fd: fd, name: real, own: own}}, nil
}

// canonicalPath returns the path of an open directory, as getcwd(2) would.
func canonicalPath(fd int, path string) (string, error) {
	real, err := readlinkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd))
	if err == nil && strings.HasPrefix(real, "/") && !strings.HasSuffix(real, " (deleted)") {
		return real, nil
	}
	if real, err = filepath.EvalSymlinks(path); err != nil { // no procfs
		return "", err
	}
	return filepath.Abs(real)
}

// OpenDir opens a directory in this one. A link there is an error, ENOTDIR or
// ELOOP.
func (d *Dir) OpenDir(name string) (*Dir, error) {
	if !isName(name) {
		return nil, d.errorAbout("open directory", name, unix.EINVAL)
	}
	fd, blind, err := openDirAt(d.fd, name, unix.O_NOFOLLOW)
	if err != nil {
		return nil, d.errorAbout("open directory", name, err)
	}
	return d.newDir(fd, name, blind), nil
}

// OpenPath opens a directory below this one, by a path of names that may be longer than the kernel accepts at once. It
// follows no link; "" is this directory.
func (d *Dir) OpenPath(path string) (*Dir, error) {
	fd, blind, err := openWay(d.fd, path, d.own.noOpenat2)
	if err != nil {
		return nil, d.errorAbout("open directory", path, err)
	}
	return d.newDir(fd, path, blind), nil
}

// openWay opens a directory below at, by a path of any length.
func openWay(at int, path string, noOpenat2 bool) (int, bool, error) {
	switch {
	case path == "":
		return openDirAt(at, ".", 0)
	case !isPath(path):
		return -1, false, unix.EINVAL
	case noOpenat2:
		return openPieces(at, path, unix.O_NOFOLLOW)
	case len(path) < unix.PathMax:
		return openBelow(at, path)
	}
	fd, blind, err := openDirAt(at, ".", 0)
	for path != "" && err == nil {
		piece := path
		if len(piece) >= unix.PathMax {
			piece = piece[:strings.LastIndexByte(piece[:unix.PathMax], '/')] // a single name is shorter
		}
		path = strings.TrimPrefix(path[len(piece):], "/")
		from := fd
		fd, blind, err = openBelow(from, piece)
		unix.Close(from)
	}
	return fd, blind, err
}

// openBelow opens a directory by one call that follows no links.
func openBelow(at int, path string) (int, bool, error) {
	how := unix.OpenHow{Flags: dirFlags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	for range maxRaces {
		fd, err := unix.Openat2(at, path, &how)
		switch {
		case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EACCES) && how.Flags&unix.O_PATH == 0:
			how.Flags |= unix.O_PATH
			continue
		case errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM): // before 5.6, or a seccomp filter
			return openPieces(at, path, unix.O_NOFOLLOW)
		}
		return fd, how.Flags&unix.O_PATH != 0, err
	}
	return -1, false, unix.EAGAIN
}

// Follow opens a directory by a path from here that may contain ".." and links, inside the root if there is one; as root
// only by safe steps.
func (d *Dir) Follow(path string) (*Dir, error) {
	if d.own.fs != nil {
		return d.own.fs.OpenDir(d.Path() + "/" + path)
	}
	fd, blind, err := openHost(d.fd, path, joinName(d.Path(), path))
	if err != nil {
		return nil, d.errorAbout("open directory", path, err)
	}
	return d.newDir(fd, path, blind), nil
}

// openDirAt opens one directory; blind: without the permission to list it.
func openDirAt(at int, path string, flags int) (fd int, blind bool, err error) {
	fd, err = retryInterrupted(func() (int, error) { return unix.Openat(at, path, dirFlags|flags, 0) })
	if !errors.Is(err, unix.EACCES) {
		return fd, false, err
	}
	fd, err = retryInterrupted(func() (int, error) { return unix.Openat(at, path, dirFlags|flags|unix.O_PATH, 0) })
	return fd, true, err
}

// openPieces opens one component after the other.
func openPieces(at int, path string, flags int) (fd int, blind bool, err error) {
	start := "."
	if strings.HasPrefix(path, "/") {
		start = "/"
	}
	fd, blind, err = openDirAt(at, start, 0)
	for path != "" && err == nil {
		name, rest, _ := strings.Cut(path, "/")
		path = rest
		if name == "" || name == "." {
			continue
		}
		from := fd
		fd, blind, err = openDirAt(from, name, flags)
		unix.Close(from)
	}
	return fd, blind, err
}

// joinName is path.Join for clean paths of any bytes.
func joinName(dir, name string) string {
	switch {
	case name == "":
		return dir
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// isName reports whether name is a single component that stays in its directory.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && strings.IndexByte(name, '/') < 0 && strings.IndexByte(name, 0) < 0
}

// callAt makes a call about a name, if the name stays in the directory.
func (d *Dir) callAt(name string, call func() error) error {
	if !isName(name) {
		return unix.EINVAL
	}
	return ignoringEINTR(call)
}

// isPath reports whether all components of path are names.
func isPath(path string) bool {
	for path != "" {
		name, rest, more := strings.Cut(path, "/")
		if !isName(name) || more && rest == "" {
			return false
		}
		path = rest
	}
	return true
}
