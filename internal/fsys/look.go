package fsys

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// looks reads entries by path: in directories that are opened for one read ([FS]), or kept open ([Held]).
type looks struct {
	fs   *FS
	kept *trees // nil: none are kept
}

func (l *looks) inTree(do func(t *tree) error) error {
	if l.kept != nil {
		t := l.kept.take(l.fs)
		defer l.kept.put(t)
		return do(t.tree)
	}
	t := l.fs.newTree()
	defer t.close()
	return do(t)
}

// inParent calls do with the directory of path and the name in it, "" for the root.
func (l *looks) inParent(p string, do func(s spot) error) error {
	return l.inTree(func(t *tree) error {
		s, err := t.spotAt(p)
		if err != nil {
			return err
		}
		return do(s)
	})
}

// inPlace is inParent for calls that need only the entry, not its directory.
func (l *looks) inPlace(p string, do func(s spot) error) error {
	dir, name, err := splitPath(p)
	if err != nil || l.kept != nil || l.fs.noOpenat2 {
		return l.inParent(p, do)
	}
	// A path without links cannot have been redirected.
	fd, err := openInRoot(int(l.fs.dir.Fd()), dir, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_SYMLINKS)
	switch {
	case errors.Is(err, unix.ELOOP):
		return l.inParent(p, do)
	case err != nil:
		return err
	}
	defer unix.Close(fd)
	return do(spot{&node{fd: fd, path: dir}, name})
}

// inEntry opens the entry at path and does not follow a link there.
func (l *looks) inEntry(p string, flags int, do func(fd int) error) error {
	return l.inPlace(p, func(s spot) error {
		fd, err := s.openEntry(flags)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return do(fd)
	})
}

// Lstat returns the entry at path and does not follow a link there.
func (l *looks) Lstat(p string) (info Info, err error) {
	err = l.inPlace(p, func(s spot) error {
		info, err = lstat(s.dir.fd, s.name)
		return err
	})
	return info, errorAbout("look at", p, err)
}

// Writable reports whether this process may make, replace and remove the entry at path: nil, or why not. It predicts that
// from the folder of the entry.
func (l *looks) Writable(p string) error {
	err := l.inPlace(p, func(s spot) error {
		return ignoringEINTR(func() error { return unix.Faccessat(s.dir.fd, ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS) })
	})
	return errorAbout("write", p, err)
}

// Look is Lstat, and also reports whether the path is a mount point or immutable.
func (l *looks) Look(p string) (info Info, err error) {
	err = l.inPlace(p, func(s spot) error {
		info, err = lstatx(s.dir.fd, s.name)
		return err
	})
	return info, errorAbout("look at", p, err)
}

// Stat returns the entry at path and follows links.
func (l *looks) Stat(p string) (info Info, err error) {
	if path.Clean(p) == p { // otherwise ".." must mean the parent of a link's target
		if info, err = l.Lstat(p); err != nil || info.Type != Symlink {
			return info, err
		}
	}
	err = l.inTree(func(t *tree) error {
		_, info, err = t.resolveSpot(p)
		return err
	})
	return info, errorAbout("look at", p, err)
}

// resolve follows the links in path, the last component included, by safe steps, and
// returns the path without links and the entry there. The target of the last link
// must exist.
func (l *looks) resolve(p string) (real string, info Info, err error) {
	var s spot
	err = l.inTree(func(t *tree) error {
		if s, info, err = t.resolveSpot(p); err == nil {
			real = s.fullPath()
		}
		return err
	})
	return real, info, errorAbout("resolve", p, err)
}

// Resolve follows the links in path, the last component included, and returns
// the path without links. It refuses unsafe steps. The target of the last link
// must exist.
func (f *FS) Resolve(p string) (string, error) {
	real, _, err := f.resolve(p)
	return real, err
}

// ResolveFolder is [FS.Resolve] for a folder that contains something. It follows a link to the folder like a link on the
// way to its content: another user's link may lead to a folder of that user, but it may not replace a folder whose name
// that user does not control.
func (l *looks) ResolveFolder(p string) (string, error) {
	real, _, err := l.resolve(p + "/")
	return real, err
}

// Resolve is [FS.Resolve], and also returns the entry there.
func (h *Held) Resolve(p string) (string, Info, error) { return h.resolve(p) }

// Readlink reads the link at path.
func (l *looks) Readlink(p string) (text string, err error) {
	err = l.inPlace(p, func(s spot) error {
		text, err = readlinkat(s.dir.fd, s.name)
		return err
	})
	return text, errorAbout("read link", p, err)
}

// Names lists a directory, sorted.
func (l *looks) Names(p string) (names []string, err error) {
	err = l.inPlace(p, func(s spot) error {
		fd, err := s.openEntry(unix.O_RDONLY | unix.O_DIRECTORY)
		if err == nil {
			names, err = readNames(fd)
		}
		return err
	})
	return names, errorAbout("list", p, err)
}

// Links lists the links in a directory with their texts, in order of their names.
func (l *looks) Links(p string) (links []Link, err error) {
	err = l.inPlace(p, func(s spot) error {
		fd, err := s.openEntry(unix.O_RDONLY | unix.O_DIRECTORY)
		if err == nil {
			links, err = readLinks(fd)
		}
		return err
	})
	return links, errorAbout("list", p, err)
}

// readOnly opens a file for reading, without following links and without blocking on a pipe.
const readOnly = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY

// Open opens the file at path for reading. It does not follow a link at path, and does not block on a named pipe. The
// caller should check the type first: opening a device can have effects.
func (l *looks) Open(p string) (file *os.File, err error) {
	err = l.inPlace(p, func(s spot) error {
		fd, err := s.openEntry(readOnly)
		if err == nil {
			file = os.NewFile(uintptr(fd), p)
		}
		return err
	})
	return file, errorAbout("read", p, err)
}

// ReadFile reads a file of at most max bytes; a larger one is an error.
func (l *looks) ReadFile(p string, max int64) ([]byte, error) {
	file, err := l.Open(p)
	if err != nil {
		return nil, err
	}
	return readAll(file, p, max)
}

// ReadOnly reports whether the file system of path, or of the directory that will contain it, is mounted read-only.
func (l *looks) ReadOnly(p string) (readOnly bool, err error) {
	statfs := func(fd int) error {
		var st unix.Statfs_t
		err := ignoringEINTR(func() error { return unix.Fstatfs(fd, &st) })
		readOnly = st.Flags&unix.ST_RDONLY != 0
		return err
	}
	err = l.inEntry(p, unix.O_PATH, statfs)
	if errors.Is(err, unix.ENOENT) {
		err = l.inPlace(p, func(s spot) error { return statfs(s.dir.fd) })
	}
	return readOnly, errorAbout("look at", p, err)
}
