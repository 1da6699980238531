package fsys

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Files reads files of the machine, or of the tree below another root: the databases of users and packages, os-release.
// Links in a tree are resolved in the same tree, absolute ones too. Names are absolute, in the tree.
//
// It makes no checks on the way: [FS] is for paths that another user may have changed. The zero value reads this
// machine.
type Files struct {
	root string
	dir  *os.File // nil: this machine
}

// OpenFiles opens the tree below root; "" and "/" are this machine.
func OpenFiles(root string) (Files, error) {
	if root == "" || root == "/" {
		return Files{}, nil
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return Files{}, err
	}
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return Files{}, fmt.Errorf("cannot open the tree %s: %w", root, err)
	}
	return Files{root, os.NewFile(uintptr(fd), root)}, nil
}

// Close releases the tree.
func (f Files) Close() error {
	if f.dir == nil {
		return nil
	}
	return f.dir.Close()
}

// IsLive reports whether it reads this machine and not a tree.
func (f Files) IsLive() bool { return f.dir == nil }

// Root returns the absolute path of the tree; "" for this machine.
func (f Files) Root() string { return f.root }

// Open opens an entry for reading. It does not block on a pipe.
func (f Files) Open(name string) (*os.File, error) {
	return f.open(name, unix.O_RDONLY|unix.O_NONBLOCK)
}

func (f Files) open(name string, flags int) (*os.File, error) {
	if f.IsLive() {
		return os.OpenFile(name, flags, 0)
	}
	inside := cmp.Or(strings.TrimPrefix(filepath.Clean(name), "/"), ".")
	fd, err := openInRoot(int(f.dir.Fd()), inside, flags, unix.RESOLVE_IN_ROOT)
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // before Linux 5.6, or a seccomp filter
		return os.OpenInRoot(f.root, inside) // refuses absolute links
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(f.root, inside), Err: err}
	}
	return os.NewFile(uintptr(fd), filepath.Join(f.root, inside)), nil
}

// FindFolder returns the path of an existing folder on this machine, below [Files.Root] and without links from there on:
// those of a tree are resolved in the same tree.
func (f Files) FindFolder(name string) (string, error) {
	if f.IsLive() {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return "", err
		case !info.IsDir():
			return "", &fs.PathError{Op: "open", Path: name, Err: unix.ENOTDIR}
		}
		return name, nil
	}
	h, err := f.open(name, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return "", err
	}
	defer h.Close()
	found, err := pathOf(h)
	if err != nil {
		return "", err
	}
	root, err := pathOf(f.dir) // the path of the root may contain links
	if err != nil {
		return "", err
	}
	return filepath.Join(f.root, strings.TrimPrefix(found, root)), nil
}

// pathOf returns the path of an open directory, without links.
func pathOf(dir *os.File) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/self/fd/%d", dir.Fd()))
}

// Stat returns the entry at a path, and follows links.
func (f Files) Stat(name string) (os.FileInfo, error) {
	if f.IsLive() {
		return os.Stat(name)
	}
	h, err := f.open(name, unix.O_PATH)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return h.Stat()
}

// ReadDir returns the entries of a directory in order of their names.
func (f Files) ReadDir(name string) ([]fs.DirEntry, error) {
	h, err := f.open(name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	entries, err := h.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// ReadFile returns the content of a regular file of at most limit bytes.
func (f Files) ReadFile(name string, limit int64) ([]byte, error) {
	h, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", h.Name())
	}
	// Files of /proc and /sys report a size of 0 or of a page.
	data := make([]byte, 0, min(info.Size(), limit)+1)
	for {
		n, err := h.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, fmt.Errorf("%s is larger than %d bytes", h.Name(), limit)
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		}
		if len(data) == cap(data) {
			data = slices.Grow(data, min(512+len(data), int(limit)+1-len(data)))
		}
	}
}
