package execute

import "converge/internal/fsys"

// checkOnlyPlanned checks that the directory at name in d, which was at path, holds
// only what the plan takes away. texts: with the texts that links are to have.
func (r *run) checkOnlyPlanned(d *fsys.Dir, name, path string, texts bool) error {
	return walkDirs(d, name, func(at *fsys.Dir, rel string, list []fsys.DirEntry) error {
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
	e := r.goal.effectAt(path + "/" + entry.Name)
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
