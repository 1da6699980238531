package command

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// exists reports whether there is anything at the path.
func (p *Provider) exists(name string) (bool, error) {
	_, err := p.fs.Lstat(resource.DecodeBytes(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// isDir checks beforehand for a fault that a start would report in other words.
func (p *Provider) isDir(name string) error {
	info, err := p.fs.Stat(resource.DecodeBytes(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return resource.Missing(fmt.Errorf("%s, where it is to run, does not exist", name))
	case err != nil:
		return err
	}
	if info.Type != fsys.Directory {
		return fmt.Errorf("%s is %s, and not a directory to run in", name, info.Type)
	}
	return nil
}

// program finds the file to start, in the root and on the command's own PATH.
func (s *surroundings) program(name string) (string, error) {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join(s.dir, name)
		}
		_, err := s.p.fs.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = resource.Missing(fmt.Errorf("program %s does not exist", name))
		}
		return name, err
	}
	for d := range strings.SplitSeq(s.path, ":") {
		if !path.IsAbs(d) {
			continue // whoever may write to the working directory must not choose the program
		}
		file := path.Join(d, name)
		if info, err := s.p.fs.Stat(file); err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return file, nil
		}
	}
	return "", resource.Missing(fmt.Errorf("program %q is not on the PATH", name))
}
