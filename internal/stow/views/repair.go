package views

import (
	"strings"

	"converge/internal/fsys"
)

// repairView ends what a killed run left among the generations of the view, which is
// locked: a generation that was to be shown is shown, unless it was never
// finished; half of one is none.
func (g Generations) repairView() error {
	gens, err := g.view.OpenDir(nameGenerations)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer gens.Close()
	if err := g.repairStaged(gens); err != nil {
		return err
	}
	if t, _, err := gens.Look(nameBuilding); err != nil || t != fsys.Directory {
		return err
	}
	return removeTree(gens, nameBuilding)
}

func (g Generations) repairStaged(gens *fsys.Dir) error {
	t, text, err := gens.Look(nameStaged)
	if err != nil || t != fsys.Symlink {
		return err
	}
	leads, err := gens.Leads(strings.TrimPrefix(text, nameGenerations+"/"))
	switch {
	case err != nil:
		return err
	case leads != fsys.Directory:
		return gens.Remove(nameStaged)
	}
	if err := gens.Rename(nameStaged, g.view, nameCurrent); err != nil {
		return err
	}
	return g.write.Sync(g.view)
}
