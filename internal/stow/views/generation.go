package views

import (
	"fmt"
	"slices"
	"strconv"

	"converge/internal/fsys"
)

// The names in a view that has generations.
const (
	nameGenerations = ":gen"
	nameBuilding    = ":new"
	nameStaged      = ":current" // the link that is about to become nameCurrent
	nameCurrent     = "current"
)

// Generation is the number of a generation; 0 is none.
type Generation int

func (g Generation) name() string { return strconv.Itoa(int(g)) }
func (g Generation) path() string { return nameGenerations + "/" + g.name() }

// listGenerations lists the generations of a view, oldest first.
func listGenerations(view *fsys.Dir) ([]Generation, error) {
	d, err := view.OpenDir(nameGenerations)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	var out []Generation
	for _, e := range entries {
		n, bad := strconv.Atoi(e.Name)
		if bad == nil && e.Type == fsys.Directory && n > 0 && strconv.Itoa(n) == e.Name {
			out = append(out, Generation(n))
		}
	}
	slices.Sort(out)
	return out, err
}

// currentGeneration returns the generation that a view shows.
func currentGeneration(view *fsys.Dir) (Generation, error) {
	t, text, err := view.Look(nameCurrent)
	if err != nil || t == fsys.Nothing {
		return 0, err
	}
	n, bad := strconv.Atoi(text[min(len(text), len(nameGenerations)+1):])
	if g := Generation(n); bad == nil && t == fsys.Symlink && g.path() == text {
		return g, nil
	}
	return 0, fmt.Errorf("cannot tell what %s/%s means: it is no link to a generation", view.Path(), nameCurrent)
}
