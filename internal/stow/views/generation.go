package views

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"converge/internal/fsys"
)

// The names in a view that has generations.
const (
	nameGenerations = ":gen"
	nameBuilding    = ":new"
	nameStaged      = ":current" // the link that is going to be nameCurrent
	nameCurrent     = "current"
)

// generation is the number of one.
type generation int

func (g generation) name() string { return strconv.Itoa(int(g)) }
func (g generation) path() string { return nameGenerations + "/" + g.name() }

// listGenerations lists those of a view, oldest first.
func listGenerations(view *fsys.Dir) ([]generation, error) {
	d, err := view.OpenDir(nameGenerations)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	var out []generation
	for _, e := range entries {
		n, bad := strconv.Atoi(e.Name)
		if bad == nil && e.Type == fsys.Directory && n > 0 && strconv.Itoa(n) == e.Name {
			out = append(out, generation(n))
		}
	}
	slices.SortFunc(out, func(a, b generation) int { return cmp.Compare(a, b) })
	return out, err
}

// currentGeneration is the generation that a view shows; 0 is none.
func currentGeneration(view *fsys.Dir) (generation, error) {
	t, text, err := view.Look(nameCurrent)
	if err != nil || t == fsys.Nothing {
		return 0, err
	}
	n, bad := strconv.Atoi(text[min(len(text), len(nameGenerations)+1):])
	if g := generation(n); bad == nil && t == fsys.Symlink && g.path() == text {
		return g, nil
	}
	return 0, fmt.Errorf("cannot tell what %s/%s means: it is no link to a generation", view.Path(), nameCurrent)
}
