package execute

import (
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
)

// walkDirs visits the directory name in d and all directories below it, each before its content. It holds few open at a
// time, regardless of the depth. rel is relative to name; at stays open until visit returns.
func walkDirs(d *fsys.Dir, name string, visit func(at *fsys.Dir, rel string, list []fsys.DirEntry) error) error {
	root, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer root.Close()
	dirs := opener{root: root}
	defer dirs.close()
	for todo := []string{""}; len(todo) > 0; {
		rel := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at, err := dirs.open(rel)
		if err != nil {
			return err
		}
		list, err := at.Entries()
		if err != nil {
			return err
		}
		if err := visit(at, rel, list); err != nil {
			return err
		}
		for _, e := range slices.Backward(list) {
			if e.Type == fsys.Directory {
				todo = append(todo, path.Join(rel, e.Name))
			}
		}
	}
	return nil
}

// removeTree removes a tree of links and directories, and stops at a file without another name.
func removeTree(d *fsys.Dir, name string) error {
	t, _, err := d.Look(name)
	switch {
	case err != nil:
		return err
	case t == fsys.Nothing:
		return fs.ErrNotExist
	case t != fsys.Directory:
		return removeNonDir(d, name, t)
	}
	var dirs []string
	err = walkDirs(d, name, func(at *fsys.Dir, rel string, list []fsys.DirEntry) error {
		for _, e := range list {
			if e.Type == fsys.Directory {
				dirs = append(dirs, path.Join(rel, e.Name))
			} else if err := removeNonDir(at, e.Name, e.Type); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := removeDirs(d, name, dirs); err != nil {
		return err
	}
	return d.Rmdir(name)
}

// removeDirs removes empty directories below name, the last first.
func removeDirs(d *fsys.Dir, name string, paths []string) error {
	root, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer root.Close()
	dirs := opener{root: root}
	defer dirs.close()
	for _, path := range slices.Backward(paths) {
		above, last := splitPath(path)
		at, err := dirs.open(above)
		if err != nil {
			return err
		}
		if err := at.Rmdir(last); err != nil {
			return err
		}
	}
	return nil
}

// removeNonDir removes an entry that is not a directory, unless it is the last name of a file.
func removeNonDir(d *fsys.Dir, name string, t fsys.Type) error {
	if t != fsys.Symlink {
		info, err := d.Lstat(name)
		if err != nil {
			return err
		}
		if info.Links < 2 {
			return &fsys.Error{Verb: "remove", Path: pathOf(d, name), Err: ErrForeign}
		}
	}
	return d.Remove(name)
}
