package store

import (
	"strings"

	"converge/internal/fsys"
)

// mend ends what a killed run left among the generations of the view, which is
// locked: a generation that was to be shown is shown, unless it was never
// finished; half of one is none.
func (s *Store) mend() error {
	view := s.at.dir
	gens, err := view.OpenDir(nameGenerations)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer gens.Close()
	if err := s.mendFlip(view, gens); err != nil {
		return err
	}
	if t, _, err := gens.Look(nameBuilding); err != nil || t != fsys.Directory {
		return err
	}
	return removeTree(gens, nameBuilding)
}

func (s *Store) mendFlip(view, gens *fsys.Dir) error {
	t, text, err := gens.Look(nameFlip)
	if err != nil || t != fsys.Symlink {
		return err
	}
	there, err := holds(gens, strings.TrimPrefix(text, nameGenerations+"/"))
	switch {
	case err != nil:
		return err
	case !there:
		return gens.Remove(nameFlip)
	}
	if err := gens.Rename(nameFlip, view, nameCurrent); err != nil || s.cfg.NoSync {
		return err
	}
	return view.Sync()
}
