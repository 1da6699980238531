package apt

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// tree reads files of the machine, or of the tree under a root other than "/". No
// symlink leads out of that tree.
type tree struct {
	root *os.Root // nil: the machine itself
}

func openTree(root string) (tree, error) {
	if root == "" || root == "/" {
		return tree{}, nil
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return tree{}, fmt.Errorf("cannot find the tree to work on: %w", err)
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return tree{}, fmt.Errorf("cannot open the tree to work on: %w", err)
	}
	return tree{r}, nil
}

func (t tree) openFile(name string) (*os.File, error) {
	if t.root == nil {
		return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to open a pipe is not to wait for its other end
	}
	return t.root.OpenFile(relativeName(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

func (t tree) statFile(name string) (os.FileInfo, error) {
	if t.root == nil {
		return os.Stat(name)
	}
	return t.root.Stat(relativeName(name))
}

func (t tree) readDir(name string) ([]fs.DirEntry, error) {
	if t.root == nil {
		return os.ReadDir(name)
	}
	return fs.ReadDir(t.root.FS(), relativeName(name))
}

// readFile returns a whole file of at most limit bytes.
func (t tree) readFile(name string, limit int64) ([]byte, error) {
	f, err := t.openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %q: it is not a regular file", name)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("cannot read %q: it has more than %d bytes", name, limit)
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(f, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull returns them bare
		err = nil
	}
	return data[:n], err
}

func relativeName(name string) string { return strings.TrimPrefix(filepath.Clean(name), "/") }

func inodeOf(info os.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// changeTime is when the inode was last written: unlike the modification time,
// it cannot be set.
func changeTime(info os.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
