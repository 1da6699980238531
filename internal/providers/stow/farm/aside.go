package farm

import "fmt"

// backUp plans that the file at an entry's place gets the backup suffix, and
// that the link takes its place. A backup that is there already is never
// written over: it may be the only copy of what the user had.
func (w *walk) backUp(s spot) error {
	kept := s.target + w.Options.Backup
	t, _, err := w.Tree.Look(kept)
	if err != nil {
		return err
	}
	if t == File {
		if t, err = w.begun(s.target, kept); err != nil {
			return err
		}
	}
	if t != None {
		w.conflict(s, "cannot keep existing target %s as %s: there is one already", s.target, kept)
		return nil
	}
	if err := w.state.move(s.target, kept); err != nil {
		return err
	}
	return w.state.makeLink(s.target, w.state.same(s))
}

// sameFiler is a [Tree] that knows files by more than their names.
type sameFiler interface {
	// SameFile reports whether both paths are names of one file.
	SameFile(a, b string) (bool, error)
}

// begun is what is in the way of a backup: nothing if the backup is a second
// name of the file itself, for then a run that was interrupted got that far.
func (w *walk) begun(target, kept string) (Type, error) {
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

// restoreBackup plans that the file that stowing moved aside from a place goes
// back there. A link that is planned for the same place later takes that back.
func (w *walk) restoreBackup(target string) error {
	if w.Options.Backup == "" {
		return nil
	}
	kept := target + w.Options.Backup
	t, _, err := w.Tree.Look(kept)
	if err != nil || t != File {
		return err
	}
	return w.state.restore(kept, target)
}

// adopt plans that the file at an entry's place replaces the package's own
// file, and that the link takes its place. Where a version of a package and
// its configuration both have the entry, the configuration wins the place, so
// the file is an edit of it, and goes there.
func (w *walk) adopt(s spot) error {
	if cover, ok := w.Rules.Cover(w.image); ok {
		c := walk{Planner: w.Planner, image: cover, top: join(cover.Stow, cover.Package)}
		t, err := w.Tree.Leads(c.source(s))
		if err != nil {
			return err
		}
		if t == File {
			w = &c
			s.prefix = c.prefix(parent(s.sub), parent(s.target))
		}
	}
	if err := w.state.move(s.target, w.source(s)); err != nil {
		return err
	}
	return w.state.makeLink(s.target, w.state.same(s))
}

// restore plans that a file goes back to a place that a link leaves, once:
// several packages may have an entry for that place.
func (s *state) restore(kept, target string) error {
	if i, ok := s.restored[target]; ok {
		s.said(s.tasks.at(i).op, duplicates)
		return nil
	}
	if err := s.move(kept, target); err != nil {
		return fmt.Errorf("cannot restore %s: %w", kept, err)
	}
	if s.restored == nil {
		s.restored = map[string]int32{}
	}
	s.restored[target] = s.tasks.n - 1
	return nil
}

// keepAside takes back the restoration of a backup, because a link or a
// directory is planned for its place after all.
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
