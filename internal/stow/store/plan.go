package store

import (
	"slices"

	"converge/internal/stow/farm"
)

// Plan is the effect of changes.
type Plan struct {
	farm.Plan
	Moves []Move // one for each package of the protocol, and one for its :config
}

// Move is the effect on one package.
type Move struct {
	Package string
	Verb    string // "stow", "unstow", "restow", "switch"; "recover" of what was interrupted
	From    string // the version that was installed; "" none
	To      Goal
	Holder  string // afterwards; "" none
	Links   Counts
	Nothing bool // nothing is to be done for it
	Back    bool // of recovery: the goal was given up, and the former state is restored
}

// Counts counts links.
type Counts struct{ Changed, Added, Removed int }

// Empty reports that nothing is to be done.
func (p Plan) Empty() bool {
	return len(p.Ops) == 0 && !slices.ContainsFunc(p.Moves, func(m Move) bool { return !m.Nothing })
}

// Counts counts the links of the whole plan.
func (p Plan) Counts() Counts {
	var c Counts
	for _, e := range netLinks(p.Ops) {
		c.add(e)
	}
	return c
}

func (p Plan) asConflict() error {
	if len(p.Conflicts) == 0 {
		return nil
	}
	return &ConflictError{Conflicts: p.Conflicts}
}

// linkChange is the text of the link at a path before and after; "" is none.
type linkChange struct{ path, before, after string }

// netLinks sums up operations path by path, in the order of first mention.
func netLinks(ops []farm.Op) []linkChange {
	at := make(map[string]int, len(ops))
	var out []linkChange
	for _, op := range ops {
		if op.Kind != farm.Link && op.Kind != farm.Unlink {
			continue
		}
		i, ok := at[op.Path]
		if !ok {
			i = len(out)
			at[op.Path] = i
			out = append(out, linkChange{path: op.Path})
			if op.Kind == farm.Unlink {
				out[i].before = op.Text
			}
		}
		out[i].after = ""
		if op.Kind == farm.Link {
			out[i].after = op.Text
		}
	}
	return out
}

func (c *Counts) add(e linkChange) {
	switch {
	case e.before == e.after:
	case e.before == "":
		c.Added++
	case e.after == "":
		c.Removed++
	default:
		c.Changed++
	}
}
