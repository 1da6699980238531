package execute

import (
	"cmp"
	"slices"

	"converge/internal/stow/farm"
)

// Effect is what all operations of a plan together do to one path of the target.
type Effect struct {
	Path    string
	Was, Is What
	To      string // where the file that was there goes
	From    string // where in the target the file that comes there is from
}

// What describes a path before or after.
type What struct {
	Type farm.Type
	Text string // of a link
}

// Effects are the changes that [Run] would make for ops, by byte order of the
// names, every directory before its content. Unchanged paths have none.
func Effects(ops []farm.Op) ([]Effect, error) {
	goal, err := reduce(ops)
	if err != nil {
		return nil, err
	}
	var out []Effect
	for _, e := range goal.effects {
		if e.Was != e.Is || e.To != "" || e.From != "" {
			out = append(out, e.Effect)
		}
	}
	slices.SortFunc(out, func(a, b Effect) int { return compareNames(a.Path, b.Path) })
	return out, nil
}

// compareNames compares paths name by name.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x == y:
			continue
		case x == '/':
			return -1
		case y == '/':
			return 1
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}
