package pack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"converge/internal/fsys"
)

// stage is a private folder with the files for nfpm.
type stage struct {
	dir   string
	mtime time.Time
	count int
}

func newStage(mtime time.Time) (*stage, error) {
	dir, err := os.MkdirTemp("", "converge-pack-")
	return &stage{dir: dir, mtime: mtime}, err
}

func (s *stage) remove() { _ = os.RemoveAll(s.dir) } // the package is written already

// source returns the path of a file with the content of f.
func (s *stage) source(f File) (string, error) {
	if f.Source == "" {
		return s.add(f.Content)
	}
	// nfpm would package a link as a link.
	path, err := filepath.EvalSymlinks(f.Source)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("cannot read the source of %s: %w", f.Path, err)
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s, the source of %s: %w", f.Source, f.Path, err)
	}
	return path, nil
}

// add writes a content to a new file with the package's time: nfpm copies the time of a script into an .apk.
func (s *stage) add(content []byte) (string, error) {
	s.count++
	path := filepath.Join(s.dir, strconv.Itoa(s.count))
	if err := fsys.ReplacePath(path, content, fsys.Replacement{}); err != nil {
		return "", err
	}
	return path, os.Chtimes(path, s.mtime, s.mtime)
}
