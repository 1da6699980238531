package store

import (
	"path"
	"strings"

	"converge/internal/stow/farm"
)

// veiledTree is a tree without some links, and so without the entries below them.
type veiledTree struct {
	farm.Tree
	hides func(path, text string) bool
	known map[string]bool // whether paths are hidden
}

// SameFile asks the inner tree, if it can answer.
func (t *veiledTree) SameFile(a, b string) (bool, error) {
	tree, ok := t.Tree.(interface {
		SameFile(a, b string) (bool, error)
	})
	if !ok {
		return false, nil
	}
	return tree.SameFile(a, b)
}

// isHidden reports whether a path is a hidden link, or leads through one.
func (t *veiledTree) isHidden(p string) (bool, error) {
	if p == "" || p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return false, nil
	}
	if is, ok := t.known[p]; ok {
		return is, nil
	}
	is, err := t.isHidden(path.Dir(p))
	if err == nil && !is {
		kind, text, lookErr := t.Tree.Look(p)
		is, err = kind == farm.Symlink && t.hides(p, text), lookErr
	}
	t.known[p] = is
	return is, err
}

func (t *veiledTree) Look(p string) (farm.Type, string, error) {
	if hidden, err := t.isHidden(p); hidden || err != nil {
		return farm.None, "", err
	}
	return t.Tree.Look(p)
}

func (t *veiledTree) Reads(dir, name, prefix string) (bool, error) {
	if hidden, err := t.isHidden(path.Join(dir, name)); hidden || err != nil {
		return false, err
	}
	return t.Tree.Reads(dir, name, prefix)
}

func (t *veiledTree) Leads(p string) (farm.Type, error) {
	if hidden, err := t.isHidden(p); hidden || err != nil {
		return farm.None, err
	}
	return t.Tree.Leads(p)
}

func (t *veiledTree) List(dir string) ([]farm.Entry, error) {
	all, err := t.Tree.List(dir)
	if err != nil {
		return nil, err
	}
	list := make([]farm.Entry, 0, len(all))
	for _, e := range all {
		if e.Type == farm.Symlink {
			hidden, err := t.isHidden(path.Join(dir, e.Name))
			if err != nil {
				return nil, err
			}
			if hidden {
				continue
			}
		}
		list = append(list, e)
	}
	return list, nil
}
