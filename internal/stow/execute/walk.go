package execute

import (
	"io/fs"
	"slices"

	"converge/internal/fsys"
)

// walk visits the directory name in d and all below it, each before its content.
// It holds few open at a time, however deep the tree is. path is from name; at is
// open until visit returns.
func walk(d *fsys.Dir, name string, visit func(at *fsys.Dir, path string, list []fsys.DirEntry) error) error {
	root, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer root.Close()
	dirs := opener{root: root}
	defer dirs.close()
	for todo := []string{""}; len(todo) > 0; {
		path := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at, err := dirs.open(path)
		if err != nil {
			return err
		}
		list, err := at.Entries()
		if err != nil {
			return err
		}
		if err := visit(at, path, list); err != nil {
			return err
		}
		for _, e := range slices.Backward(list) {
			if e.Type == fsys.Directory {
				todo = append(todo, under(path, e.Name))
			}
		}
	}
	return nil
}

// under is the path of name in dir.
func under(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// onlyPlanned checks that the directory at name in d, which was at path, holds
// only what the plan takes away. texts: with the texts that links are to have.
func (r *run) onlyPlanned(d *fsys.Dir, name, path string, texts bool) error {
	return walk(d, name, func(at *fsys.Dir, rel string, list []fsys.DirEntry) error {
		if rel != "" {
			rel = path + "/" + rel
		} else {
			rel = path
		}
		for _, entry := range list {
			planned, err := r.isPlanned(at, rel, entry, texts)
			if err != nil {
				return err
			}
			if !planned {
				return &fsys.Error{Verb: "fold", Path: pathOf(r.target, rel), Err: ErrChanged, Hint: "it holds " + quote(entry.Name)}
			}
		}
		return nil
	})
}

// isPlanned reports whether the plan takes away an entry of the directory at
// path.
func (r *run) isPlanned(at *fsys.Dir, path string, entry fsys.DirEntry, texts bool) (bool, error) {
	e := r.goal.at(path + "/" + entry.Name)
	switch {
	case e != nil && e.gone && !texts: // a file that is somewhere else by then
		return true, nil
	case e == nil || e.is.kind != none || e.to != "":
		return false, nil
	case e.was.kind == dir:
		return entry.Type == fsys.Directory, nil
	case e.was.kind == link && entry.Type == fsys.Symlink && texts:
		return at.Reads(entry.Name, e.was.text)
	}
	return e.was.kind == link && entry.Type == fsys.Symlink, nil
}

// removeAll removes a tree of links and directories, and stops at a file that
// has no other name.
func removeAll(d *fsys.Dir, name string) error {
	t, _, err := d.Look(name)
	switch {
	case err != nil:
		return err
	case t == fsys.Nothing:
		return fs.ErrNotExist
	case t != fsys.Directory:
		return removeOne(d, name, t)
	}
	var dirs []string
	err = walk(d, name, func(at *fsys.Dir, path string, list []fsys.DirEntry) error {
		for _, e := range list {
			if e.Type == fsys.Directory {
				dirs = append(dirs, under(path, e.Name))
			} else if err := removeOne(at, e.Name, e.Type); err != nil {
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
		above, last := split(path)
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

// removeOne removes an entry that is no directory, unless it is the last name of
// a file.
func removeOne(d *fsys.Dir, name string, t fsys.Type) error {
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
