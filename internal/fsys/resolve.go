package fsys

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// openat opens path, with links resolved inside the root. flags decide about
// the last component (O_NOFOLLOW).
func (f *FS) openat(p string, flags int) (int, error) {
	flags |= unix.O_CLOEXEC
	if f.real {
		return retry(func() (int, error) { return unix.Open(p, flags, 0) })
	}
	if f.noOpenat2 {
		return f.walkOpen(p, flags)
	}
	return f.openat2(p, flags, unix.RESOLVE_IN_ROOT)
}

// maxRaces bounds how often openat2 may find that a directory was moved while
// it went through "..": it gives up rather than resolve wrongly.
const maxRaces = 128

func (f *FS) openat2(p string, flags int, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve | unix.RESOLVE_NO_MAGICLINKS}
	for range maxRaces {
		fd, err := unix.Openat2(f.rootFd(), p, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
	return -1, unix.EAGAIN
}

// openDir opens a directory in which something is to be written, and refuses
// to get there through a link that another user planted.
func (f *FS) openDir(p string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY
	if !f.noOpenat2 {
		fd, err := f.openat2(p, flags, unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_SYMLINKS)
		if !errors.Is(err, unix.ELOOP) {
			return fd, err
		}
	}
	w := walk{fs: f, guard: true}
	defer w.close()
	if err := w.to(p, true); err != nil {
		return -1, err
	}
	return retry(func() (int, error) { return unix.Openat(w.top(), ".", flags|unix.O_CLOEXEC, 0) })
}

// walkOpen is openat by hand.
func (f *FS) walkOpen(p string, flags int) (int, error) {
	w := walk{fs: f}
	defer w.close()
	dir, name, err := split(p)
	if err != nil {
		return -1, err
	}
	if flags&unix.O_NOFOLLOW == 0 {
		if err := w.to(p, false); err != nil {
			return -1, err
		}
		if dir, name, err = split(w.path()); err != nil {
			return -1, err
		}
		w.close()
		w = walk{fs: f}
	}
	if err := w.to(dir, true); err != nil {
		return -1, err
	}
	return retry(func() (int, error) { return unix.Openat(w.top(), name, flags|unix.O_NOFOLLOW, 0) })
}

// Resolve follows the links in path, the last component included, and returns
// the path without any that it stands for. It refuses planted links. What the
// last link points to must exist.
func (f *FS) Resolve(p string) (string, error) {
	w := walk{fs: f, guard: true}
	defer w.close()
	if err := w.to(p, false); err != nil {
		return "", cannot("resolve", p, err)
	}
	return w.path(), nil
}

// maxLinks is the kernel's own limit (MAXSYMLINKS).
const maxLinks = 40

// walk goes down a path one component at a time. Each directory on the way is
// held open, so that ".." is where it came from, whatever was moved since.
type walk struct {
	fs    *FS
	guard bool // refuse planted links
	links int
	stack []held // below the root
}

type held struct {
	fd   int
	name string
}

func (w *walk) top() int {
	if len(w.stack) == 0 {
		return w.fs.rootFd()
	}
	return w.stack[len(w.stack)-1].fd
}

func (w *walk) path() string {
	var b strings.Builder
	for _, h := range w.stack {
		b.WriteString("/" + h.name)
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

func (w *walk) pop() {
	if n := len(w.stack); n > 0 {
		unix.Close(w.stack[n-1].fd)
		w.stack = w.stack[:n-1]
	}
}

func (w *walk) close() {
	for len(w.stack) > 0 {
		w.pop()
	}
}

// to walks along p, following all links. dir: the end must be a directory.
func (w *walk) to(p string, dir bool) error {
	if strings.HasPrefix(p, "/") {
		w.close()
	}
	parts := strings.Split(p, "/")
	for i, name := range parts {
		last := i == len(parts)-1
		switch name {
		case "", ".":
			continue
		case "..":
			w.pop()
			continue
		}
		if err := w.step(name, !last || dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) step(name string, dir bool) error {
	fd, err := retry(func() (int, error) {
		return unix.Openat(w.top(), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		defer unix.Close(fd)
		return w.follow(fd, &st, dir)
	case dir && st.Mode&unix.S_IFMT != unix.S_IFDIR:
		unix.Close(fd)
		return unix.ENOTDIR
	}
	w.stack = append(w.stack, held{fd, name})
	return nil
}

func (w *walk) follow(fd int, link *unix.Stat_t, dir bool) error {
	if w.links++; w.links > maxLinks {
		return unix.ELOOP
	}
	if w.guard {
		var parent unix.Stat_t
		if err := unix.Fstatat(w.top(), "", &parent, unix.AT_EMPTY_PATH); err != nil {
			return err
		}
		if planted(&parent, link) {
			return ErrPlanted
		}
	}
	target, err := readlinkat(fd, "")
	if err != nil {
		return err
	}
	if target == "" {
		return unix.ENOENT
	}
	return w.to(target, dir || strings.HasSuffix(target, "/"))
}

// planted applies the rule of the kernel's fs.protected_symlinks, which not
// every machine has on, to every directory that anyone can write to, sticky or
// not: a link there may be followed by its owner, and if it belongs to the
// directory's owner.
func planted(dir, link *unix.Stat_t) bool {
	return dir.Mode&0o002 != 0 && link.Uid != uint32(unix.Geteuid()) && link.Uid != dir.Uid && link.Uid != 0
}

// readlinkat reads a link of any length.
func readlinkat(fd int, name string) (string, error) {
	for size := 256; ; size *= 2 {
		b := make([]byte, size)
		n, err := retry(func() (int, error) { return unix.Readlinkat(fd, name, b) })
		if err != nil {
			return "", err
		}
		if n < size {
			return string(b[:n]), nil
		}
	}
}
