package fsys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxScratch is how many entries, and maxScratchBytes how many bytes, may be copied into a scratch tree: more is taken
// for a mistake.
const (
	maxScratch      = 20_000
	maxScratchBytes = 256 << 20
)

// Scratch is a temporary tree: it is written without a sync, and no write leaves it.
type Scratch struct {
	dir  string
	root *os.Root

	entries int
	bytes   int64
}

// NewScratch makes an empty tree. The caller removes it.
func NewScratch() (*Scratch, error) {
	dir, err := os.MkdirTemp("", "converge-tree-")
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Scratch{dir: dir, root: root}, os.Chmod(dir, 0o755)
}

// Dir returns the path of the tree.
func (s *Scratch) Dir() string { return s.dir }

// Remove removes the tree.
func (s *Scratch) Remove() error {
	s.entries, s.bytes = 0, 0
	return errors.Join(s.root.Close(), os.RemoveAll(s.dir))
}

// Folder makes a folder, and those above it.
func (s *Scratch) Folder(p string, mode fs.FileMode) error {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if p == "" {
		return nil
	}
	if err := s.root.MkdirAll(p, 0o755); err != nil {
		return err
	}
	return s.root.Chmod(p, mode) // regardless of the umask
}

// File writes a file, or replaces the one at its path.
func (s *Scratch) File(p string, content io.Reader, mode fs.FileMode) error {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if err := s.root.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.root.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(content, maxScratchBytes-s.bytes+1))
	if s.bytes += n; err == nil && s.bytes > maxScratchBytes {
		err = fmt.Errorf("the tree holds more than %d MiB", maxScratchBytes>>20)
	}
	return errors.Join(err, f.Chmod(mode), f.Close())
}

// Link makes a symbolic link, or replaces the link or the file at its path.
func (s *Scratch) Link(target, p string) error {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if err := s.root.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.root.Symlink(target, p)
}

// Copy copies the content of a folder of the host: folders, files and links, with their modes. The
// copy is owned by the user of this process.
func (s *Scratch) Copy(from string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil || rel == "." {
			return err
		}
		if s.entries++; s.entries > maxScratch {
			return fmt.Errorf("%s holds more than %d entries", from, maxScratch)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return s.copyEntry(name, rel, info)
	})
}

func (s *Scratch) copyEntry(name, rel string, info fs.FileInfo) error {
	mode := info.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
	switch {
	case info.IsDir():
		return s.Folder(rel, mode|0o700) // it must be writable for its content
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		if err != nil {
			return err
		}
		return s.Link(target, rel)
	case info.Mode().IsRegular():
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return s.File(rel, f, mode)
	}
	return fmt.Errorf("%s is neither a file nor a folder nor a link", name)
}
