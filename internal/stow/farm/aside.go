package farm

import (
	"fmt"
	"strings"
)

// backUp plans to rename the file at an entry's place with the backup suffix, and to make the link there. It never
// overwrites an existing backup: that may be the user's only copy. Nor does a backup take a name that the plan needs.
func (w *stower) backUp(s spot) error {
	kept := s.target + w.Options.Backup
	to := strings.TrimSuffix(s.target, w.Options.Backup)
	if _, ok := w.state.restored[to]; ok {
		w.addConflict(s, "cannot keep existing target %s as %s: it is the backup of %s, which goes back there", s.target, kept, to)
		return nil
	}
	if w.state.linkTask(kept) == Link || w.state.dirTask(kept) == Mkdir {
		w.addConflict(s, "cannot keep existing target %s as %s: a package has an entry for that place", s.target, kept)
		return nil
	}
	t, _, err := w.Tree.Look(kept)
	if err != nil {
		return err
	}
	if t == File {
		if t, err = w.findBegun(s.target, kept); err != nil {
			return err
		}
	}
	if t != None {
		w.addConflict(s, "cannot keep existing target %s as %s: there is one already", s.target, kept)
		return nil
	}
	if err := w.state.moveAside(s.target, kept); err != nil {
		return err
	}
	return w.state.makeLink(s.target, w.state.keptText(s))
}

// sameFiler is a [Tree] that can identify files.
type sameFiler interface {
	// SameFile reports whether both paths are names of one file.
	SameFile(a, b string) (bool, error)
}

// findBegun returns the type of the entry at the backup's name: None if that is a second name of the file itself,
// because an interrupted run got that far.
func (w *stower) findBegun(target, kept string) (Type, error) {
	tree, ok := w.Tree.(sameFiler)
	if !ok {
		return File, nil
	}
	same, err := tree.SameFile(target, kept)
	if same {
		return None, err
	}
	return File, err
}

// restoreBackup plans to move a backup back to its place. A link planned there later cancels that.
func (u *unstower) restoreBackup(target string) error {
	if u.Options.Backup == "" {
		return nil
	}
	kept := target + u.Options.Backup
	t, _, err := u.Tree.Look(kept)
	if err != nil || t != File {
		return err
	}
	return u.state.moveBack(kept, target)
}

// adoptFile plans to replace the package's own file by the file at an entry's place, and that file by the link. If a
// version of a package and its configuration both have the entry, the file is an edit of the configuration, and replaces
// the configuration's file.
func (w *stower) adoptFile(s spot) error {
	source := w.sourcePath(s)
	if cover, ok := w.Rules.Cover(w.image); ok {
		c := w.openImage(cover)
		t, err := w.Tree.Leads(c.sourcePath(s))
		if err != nil {
			return err
		}
		if t == File {
			source = c.sourcePath(s)
			s.prefix = c.linkPrefix(parentPath(s.sub), parentPath(s.target))
		}
	}
	if err := w.state.moveFile(s.target, source); err != nil {
		return err
	}
	return w.state.makeLink(s.target, w.state.keptText(s))
}

// moveAside plans to move a file aside, and reserves its new name.
func (s *state) moveAside(target, kept string) error {
	if s.kept == nil {
		s.kept = map[string]string{}
	}
	s.kept[kept] = target
	return s.moveFile(target, kept)
}

// moveBack plans to move a file back when a link leaves its place, once: several packages may have an entry for that
// place.
func (s *state) moveBack(kept, target string) error {
	if i, ok := s.restored[target]; ok {
		s.said(s.tasks.at(i).op, duplicates)
		return nil
	}
	if err := s.moveFile(kept, target); err != nil {
		return fmt.Errorf("cannot restore %s: %w", kept, err)
	}
	if s.restored == nil {
		s.restored = map[string]int32{}
	}
	s.restored[target] = s.tasks.n - 1
	return nil
}

// keepAside cancels the restoration of a backup, because a link or a directory is planned at its place after all.
func (s *state) keepAside(target string) {
	i, ok := s.restored[target]
	if !ok {
		return
	}
	delete(s.restored, target)
	t := s.tasks.at(i)
	t.dropped = true
	s.said(t.op, reverts)
}
