package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The folders may belong to other users, who can redirect a name in them at any time. So everything here is made, read
// and mounted through descriptors, which are opened name by name without following links.

// workshop is a folder in which only the kernel makes names. A file system is mounted there first, and moved from there.
const workshop = "/proc/sys"

// errBecameLink is about a path that has just been replaced by a link.
var errBecameLink = errors.New("became a link")

// held is an open file or folder, even if something is mounted over it.
type held struct {
	path string
	fd   int
}

func (h held) proc() string { return "/proc/self/fd/" + strconv.Itoa(h.fd) }

// hold opens a path of the host.
func hold(path string) (held, error) {
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return held{}, fmt.Errorf("cannot open /: %w", err)
	}
	defer unix.Close(root)
	return held{fd: root}.below(path)
}

// below opens a path below a folder. If it is a link, the link itself is open.
func (h held) below(path string) (held, error) {
	fd, err := unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0)
	names := strings.Split(strings.Trim(path, "/"), "/")
	for i, name := range names {
		if err != nil {
			break
		}
		flags := unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC
		if i < len(names)-1 {
			flags |= unix.O_DIRECTORY
		}
		var next int
		next, err = unix.Openat(fd, name, flags, 0)
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		return held{}, fmt.Errorf("cannot open %s: %w", filepath.Join(h.path, path), err)
	}
	return held{filepath.Join(h.path, path), fd}, nil
}

func (h held) stat() (st unix.Stat_t, err error) {
	err = unix.Fstat(h.fd, &st)
	return st, err
}

// mountOver mounts a new file system over an open folder, and returns its root.
func (h held) mountOver(kind, options string) (held, error) {
	if err := unix.Mount(kind, workshop, kind, 0, options); err != nil {
		return held{}, fmt.Errorf("cannot mount %s: %w", kind, err)
	}
	root, err := hold(workshop)
	if err != nil {
		return held{}, err
	}
	if err := unix.Mount(workshop, h.proc(), "", unix.MS_MOVE, ""); err != nil {
		return held{}, fmt.Errorf("cannot mount %s at %s: %w", kind, h.path, err)
	}
	return held{h.path, root.fd}, nil
}

// bindAt also shows the held entry at a path below a folder.
func (h held) bindAt(dir held, path string, flags uintptr) error {
	at, err := dir.below(path)
	if err != nil {
		return err
	}
	defer unix.Close(at.fd)
	if st, err := at.stat(); err != nil || st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return errors.Join(err, fmt.Errorf("%s %w", at.path, errBecameLink))
	}
	if err := unix.Mount(h.proc(), at.proc(), "", unix.MS_BIND|flags, ""); err != nil {
		return fmt.Errorf("cannot mount at %s: %w", at.path, err)
	}
	return nil
}

// layering is the mounting of one layer.
type layering struct {
	live    held // the folder without the layer
	scratch held // memory
	top     held // of the layer, in memory
	n       int
	bound   []binding // to bind when the layer is mounted
}

// binding is a file that is bound over a path below the folder.
type binding struct {
	from held
	path string
}

// mount makes the layer in memory, and mounts it over the folder. It binds existing mounts below again. Files that the
// program writes in the folder are in that memory too.
func (l *layer) mount(points []string) error {
	live, err := hold(l.dir)
	if err != nil {
		return err
	}
	below, err := l.holdMounted(points)
	if err != nil {
		return err
	}
	memory, err := live.mountOver("tmpfs", "mode=0700")
	if err != nil {
		return err
	}
	w := &layering{live: live, scratch: memory}
	if err := w.makeLayer(l, points); err != nil {
		return err
	}
	work, err := makeFolder(memory.fd, "work", 0o700, 0, 0)
	if err != nil {
		return err
	}
	top, err := memory.mountOver("overlay", "lowerdir="+live.proc()+",upperdir="+w.top.proc()+",workdir="+held{fd: work}.proc())
	if err != nil {
		return err
	}
	for _, h := range below {
		if err := h.bindAt(top, strings.TrimPrefix(h.path, l.dir), unix.MS_REC); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, b := range w.bound {
		if err := b.from.bindAt(top, b.path, 0); err != nil {
			return err
		}
	}
	return nil
}

// holdMounted opens the mounts below the folder.
func (l *layer) holdMounted(points []string) (below []held, err error) {
	for _, p := range points {
		if !isBelow(p, l.dir) || len(below) > 0 && isBelow(p, below[len(below)-1].path) {
			continue
		}
		h, err := hold(p)
		if errors.Is(err, fs.ErrNotExist) { // another mount hides it
			continue
		}
		if err != nil {
			return nil, err
		}
		below = append(below, h)
	}
	return below, nil
}

// makeLayer makes the tree of the layer.
func (w *layering) makeLayer(l *layer, points []string) error {
	st, err := w.live.stat()
	if err != nil {
		return err
	}
	top, err := makeFolder(w.scratch.fd, "layer", st.Mode, st.Uid, st.Gid)
	if err != nil {
		return err
	}
	w.top = held{l.dir, top}
	for i := range l.entries {
		e := &l.entries[i]
		if err := w.add(e, slices.Contains(points, e.Path)); err != nil {
			return fmt.Errorf("cannot prepare %s: %w", e.Path, err)
		}
	}
	return nil
}

// add adds one entry to the layer, with the folders on the way.
func (w *layering) add(e *Overlaid, mounted bool) error {
	dir, err := w.makeWay(filepath.Dir(w.nameOf(e)))
	if e.Gone && errors.Is(err, unix.ENOTDIR) {
		return nil // so is its parent
	}
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return w.place(e, spot{dir, filepath.Base(e.Path)}, mounted)
}

// nameOf returns the path of an entry below the folder.
func (w *layering) nameOf(e *Overlaid) string { return strings.TrimPrefix(e.Path, w.live.path+"/") }

// makeWay opens a folder of the layer, and makes missing ones on the way: copies of the host's, or new ones.
func (w *layering) makeWay(path string) (int, error) {
	at, err := openFolder(w.top.fd, ".")
	if err != nil || path == "." {
		return at, err
	}
	done := ""
	for name := range strings.SplitSeq(path, "/") {
		done = filepath.Join(done, name)
		next, err := openFolder(at, name)
		if errors.Is(err, fs.ErrNotExist) {
			mode, uid, gid := w.permOf(done)
			next, err = makeFolder(at, name, mode, uid, gid)
		}
		unix.Close(at)
		if err != nil {
			return -1, err
		}
		at = next
	}
	return at, nil
}

// permOf returns the mode and owner of a folder of the host, or of a new one.
func (w *layering) permOf(path string) (mode, uid, gid uint32) {
	if h, err := w.live.below(path); err == nil {
		defer unix.Close(h.fd)
		if st, err := h.stat(); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return st.Mode, st.Uid, st.Gid
		}
	}
	return 0o755, 0, 0
}

func openFolder(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// makeFolder makes and opens a folder. An existing one gets the mode and owner.
func makeFolder(dir int, name string, mode, uid, gid uint32) (int, error) {
	if err := unix.Mkdirat(dir, name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return -1, err
	}
	fd, err := openFolder(dir, name)
	if err != nil {
		return -1, err
	}
	if err := givePerm(fd, mode, uid, gid); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func givePerm(fd int, mode, uid, gid uint32) error {
	if err := unix.Fchown(fd, int(uid), int(gid)); err != nil {
		return err
	}
	return unix.Fchmod(fd, mode&0o7777)
}

// spot is the place of a new entry.
type spot struct {
	dir  int
	name string
}

// place adds one entry to the layer. mounted: something is mounted at its path, so that the layer is hidden there.
func (w *layering) place(e *Overlaid, at spot, mounted bool) error {
	switch {
	case e.Gone:
		if err := unix.Mknodat(at.dir, at.name, unix.S_IFCHR, 0); !errors.Is(err, fs.ErrExist) { // the whiteout of an overlay (overlayfs.rst)
			return err
		}
		return nil // it is in a folder that replaces another one
	case e.From != "":
		return w.placeFrom(e, at, mounted)
	case e.Link != "":
		return unix.Symlinkat(e.Link, at.dir, at.name)
	case e.Dir:
		fd, err := makeFolder(at.dir, at.name, e.Mode, e.UID, e.GID)
		if err == nil {
			unix.Close(fd)
		}
		return err
	}
	return w.placeFile(e, at, mounted, bytes.NewReader(e.Content))
}

// placeFile adds a file to the layer.
func (w *layering) placeFile(e *Overlaid, at spot, mounted bool, content io.Reader) error {
	if mounted {
		w.n++
		at = spot{w.scratch.fd, strconv.Itoa(w.n)}
	}
	fd, err := unix.Openat(at.dir, at.name, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), e.Path)
	_, err = io.Copy(f, content)
	if err == nil {
		err = givePerm(fd, e.Mode, e.UID, e.GID)
	}
	if err = errors.Join(err, f.Close()); err != nil || !mounted {
		return err
	}
	h, err := w.scratch.below(at.name)
	w.bound = append(w.bound, binding{h, w.nameOf(e)})
	return err
}

// source opens a file, link or folder of the host.
func (w *layering) source(from string) (held, error) {
	switch {
	case inMemory(from):
		fd, err := unix.Open(from, unix.O_PATH|unix.O_CLOEXEC, 0)
		return held{from, fd}, err
	case isBelow(from, w.live.path):
		return w.live.below(strings.TrimPrefix(from, w.live.path))
	}
	return hold(from)
}

// inMemory reports whether the process that started this one holds a file in memory.
func inMemory(from string) bool { return strings.HasPrefix(from, "/proc/") }

// placeFrom adds a file, a link or a folder of the host to the layer.
func (w *layering) placeFrom(e *Overlaid, at spot, mounted bool) error {
	from, err := w.source(e.From)
	if err != nil {
		return err
	}
	st, err := from.stat()
	if err != nil {
		return err
	}
	seen := *e
	if !e.Perm {
		seen.Mode, seen.UID, seen.GID = st.Mode, st.Uid, st.Gid
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size > maxCopied && !inMemory(e.From) {
		w.bound = append(w.bound, binding{from, w.nameOf(e)}) // it stays open
		if mounted {
			return nil
		}
		return w.placeFile(&seen, at, false, strings.NewReader(""))
	}
	defer unix.Close(from.fd)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(from.fd, "", target)
		if err != nil {
			return err
		}
		return unix.Symlinkat(string(target[:n]), at.dir, at.name)
	case unix.S_IFDIR:
		seen.From, seen.Dir = "", true
		return w.place(&seen, at, mounted)
	case unix.S_IFREG:
		f, err := os.Open(from.proc()) // the same file, for reading
		if err != nil {
			return err
		}
		defer f.Close()
		return w.placeFile(&seen, at, mounted, f)
	}
	return errors.New("it is no file, link or folder")
}
