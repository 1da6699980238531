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
func exists(root *fsys.FS, name string) (bool, error) {
	_, err := root.Lstat(resource.DecodeBytes(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// checkDir checks beforehand for a fault that a start would report in other words.
func checkDir(root *fsys.FS, name string) error {
	info, err := root.Stat(resource.DecodeBytes(name))
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

// findProgram finds the file to start, in the root and on the command's own PATH.
func (e *environment) findProgram(name string) (string, error) {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join(e.dir, name)
		}
		_, err := e.root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = lackProgram(name, "program %s does not exist")
		}
		return name, err
	}
	for d := range strings.SplitSeq(e.path, ":") {
		if !path.IsAbs(d) {
			continue // users who may write to the working directory must not choose the program
		}
		file := path.Join(d, name)
		if info, err := e.root.Stat(file); err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return file, nil
		}
	}
	return "", lackProgram(name, "program %q is not on the PATH")
}

func lackProgram(name, format string) error {
	return resource.Lacking(resource.Missing(fmt.Errorf(format, name)), "program:"+name, "what brings it belongs in depends_on")
}
