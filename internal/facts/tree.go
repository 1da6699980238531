package facts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFile bounds the bytes read of any one file.
const maxFile = 4 << 20

// tree reads files of the machine that is described and never leaves it.
type tree struct {
	path string
	root *os.Root // nil: this machine
}

func openTree(path string) (*tree, error) {
	if path == "" || path == "/" {
		return &tree{path: "/"}, nil
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the facts of a tree: %w", err)
	}
	return &tree{path: path, root: root}, nil
}

func (t *tree) close() {
	if t.root != nil {
		_ = t.root.Close() // nothing was written
	}
}

// isLive reports whether the tree is that of the running machine.
func (t *tree) isLive() bool { return t.root == nil }

// readFile returns the content of a file, name without leading slash.
func (t *tree) readFile(name string) ([]byte, error) {
	var f *os.File
	var err error
	if t.isLive() {
		f, err = os.OpenFile("/"+name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to open a pipe is not to wait for its other end
	} else {
		f, err = t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", f.Name())
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > maxFile:
		return nil, fmt.Errorf("%s is larger than %d MiB", f.Name(), maxFile>>20)
	}
	return b, nil
}

// readText returns a file's content, empty if it cannot be read.
func (t *tree) readText(name string) string {
	b, err := t.readFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

// hasEntry reports whether something is there. A link that leads out of the tree
// counts: inside the tree it leads somewhere.
func (t *tree) hasEntry(name string) bool {
	var err error
	if t.isLive() {
		_, err = os.Stat("/" + name)
	} else {
		_, err = t.root.Lstat(name)
	}
	return err == nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readHead returns the first n bytes of a file of the running machine. Files
// under /proc are made as they are read: an unread part costs nothing.
func readHead(path string, n int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, n))
	if err != nil {
		return ""
	}
	return string(b)
}
