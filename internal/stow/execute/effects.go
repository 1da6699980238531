package execute

import (
	"cmp"
	"slices"

	"converge/internal/stow/farm"
)

// Effect is the effect of a plan on one path.
type Effect struct {
	Path    string // in the target
	Was, Is What
	To      string // where the file that was there goes
	From    string // where the file that comes there is from
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
		if e.was != e.is || e.to != "" || e.from != "" {
			out = append(out, Effect{Path: e.path, Was: e.was.describe(), Is: e.is.describe(), To: e.to, From: e.from})
		}
	}
	slices.SortFunc(out, func(a, b Effect) int { return compareNames(a.Path, b.Path) })
	return out, nil
}

func (s state) describe() What {
	return What{Type: [...]farm.Type{none: farm.None, link: farm.Symlink, dir: farm.Dir, file: farm.File}[s.kind], Text: s.text}
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
