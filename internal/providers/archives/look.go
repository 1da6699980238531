package archives

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// physical returns a path without links in its folders, as far as these exist.
func (s *shelf) physical(p string) string {
	dir, err := s.fs.Resolve(path.Dir(p))
	if err != nil {
		return p
	}
	return path.Join(dir, path.Base(p))
}

// key identifies the lists of an archive.
func (s *shelf) key(w resources.ArchiveWant) string {
	return resource.EncodeBytes(s.physical(w.Path.Bytes()))
}

// lookAt reads the type of a path; false: nothing is there.
func (s *shelf) lookAt(p string) (fsys.Info, bool, error) {
	info, err := s.fs.Look(p)
	if errors.Is(err, fs.ErrNotExist) {
		return info, false, nil
	}
	return info, err == nil, err
}

// lookAtTree inspects a folder that is a tree, or is to be one; false: nothing exists there.
func (s *shelf) lookAtTree(at string) (fsys.Info, bool, error) {
	info, there, err := s.lookAt(at)
	if err == nil && there && info.Type != fsys.Directory {
		err = fmt.Errorf("cannot unpack to %s: it is %s; remove it, or name another path", quote(at), info.Type)
	}
	return info, there, err
}
