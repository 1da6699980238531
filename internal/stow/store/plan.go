package store

import (
	"context"
	"path"
	"slices"

	"converge/internal/stow/farm"
)

// Plan is what changes come to.
type Plan struct {
	farm.Plan
	Moves []Move // one for each package of the protocol, and one for its :config
}

// Move is what becomes of one package.
type Move struct {
	Package string
	Verb    string // "stow", "unstow", "restow", "switch"; "recover" of what was interrupted
	From    string // the version that was installed; "" none
	To      Goal
	Holder  string // who holds it afterwards; "" nobody
	Links   Counts
	Nothing bool // there is nothing to do for it
	Back    bool // of recovery: the goal was given up, and what was is again
}

// Counts counts links.
type Counts struct{ Changed, Added, Removed int }

// Empty tells that there is nothing to do.
func (p Plan) Empty() bool {
	return len(p.Ops) == 0 && !slices.ContainsFunc(p.Moves, func(m Move) bool { return !m.Nothing })
}

// Counts counts the links of the whole plan.
func (p Plan) Counts() Counts {
	var c Counts
	for _, e := range ends(p.Ops) {
		c.add(e)
	}
	return c
}

func (p Plan) conflict() error {
	if len(p.Conflicts) == 0 {
		return nil
	}
	return &ConflictError{Conflicts: p.Conflicts}
}

// add joins the plan of another round.
func (p *Plan) add(q Plan) {
	p.Ops = append(p.Ops, q.Ops...)
	p.Conflicts = append(p.Conflicts, q.Conflicts...)
	p.Moves = append(p.Moves, q.Moves...)
}

// end is what a path was, and what it will be: the text of a link, or "".
type end struct{ path, before, after string }

// ends nets operations, in the order in which paths are met.
func ends(ops []farm.Op) []end {
	at := make(map[string]int, len(ops))
	var out []end
	for _, op := range ops {
		if op.Kind != farm.Link && op.Kind != farm.Unlink {
			continue
		}
		i, ok := at[op.Path]
		if !ok {
			i = len(out)
			at[op.Path] = i
			out = append(out, end{path: op.Path})
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

func (c *Counts) add(e end) {
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

// plan runs the planner, adds the links that it cannot find because their images
// are deleted, and splits the result by package.
func (r *run) plan(ctx context.Context, q farm.Request) (Plan, error) {
	var p Plan
	if len(q.Stow)+len(q.Unstow) > 0 {
		var err error
		if p.Plan, err = r.cfg.Plan(ctx, r.frame(), q); err != nil {
			return p, err
		}
		if p.Ops, err = r.unhide(p.Ops); err != nil {
			return p, err
		}
		for i, c := range p.Conflicts {
			p.Conflicts[i].Package = r.nameOf(c.Image)
		}
	}
	for _, j := range r.jobs {
		for _, part := range j.gone {
			stray, err := r.strays(ctx, j.foo, part)
			if err != nil {
				return p, err
			}
			p.Ops = append(p.Ops, without(stray, p.Ops)...)
		}
	}
	p.Moves = r.moves(p.Ops)
	return p, nil
}

// nameOf is what an image is called on the command line.
func (r *run) nameOf(img farm.Image) string {
	if foo, ok := below(img.Stow, r.at.stow); ok && foo != "" {
		return foo + "/" + img.Package
	}
	return img.Package
}

// without leaves out what other operations do already.
func without(stray, ops []farm.Op) []farm.Op {
	done := map[string]bool{}
	for _, op := range ops {
		done[op.Path] = true
	}
	return slices.DeleteFunc(stray, func(op farm.Op) bool { return done[op.Path] })
}

// moves tells what operations mean to each job.
func (r *run) moves(ops []farm.Op) []Move {
	counts, touched := r.count(ops)
	var out []Move
	for _, j := range r.jobs {
		m := Move{Package: j.foo, Verb: j.verb, From: j.was.installed, To: j.goal, Holder: j.was.holder, Links: counts[j.foo], Back: j.cancel}
		switch {
		case j.hold != "":
			m.Holder = j.hold
		case j.drop || j.take:
			m.Holder = ""
		}
		m.Nothing = !j.records() && !touched[j.foo]
		if m.Nothing {
			m.Holder = j.was.holder
		}
		out = append(out, m)
	}
	return out
}

// count counts links by the package of the store that they lead into, and
// tells which packages operations are about.
func (r *run) count(ops []farm.Op) (counts map[string]Counts, touched map[string]bool) {
	counts, touched = map[string]Counts{}, map[string]bool{}
	for _, e := range ends(ops) {
		for _, text := range []string{e.after, e.before} {
			if foo := r.packageAt(e.path, text); foo != "" {
				touched[foo] = true
			}
		}
		text := e.after
		if text == "" {
			text = e.before
		}
		if foo := r.packageAt(e.path, text); foo != "" {
			c := counts[foo]
			c.add(e)
			counts[foo] = c
		}
	}
	for _, op := range ops {
		if op.Kind != farm.Move {
			continue
		}
		for _, j := range r.jobs { // adopted or kept: whose, the text does not tell
			touched[j.foo] = true
		}
	}
	return counts, touched
}

// packageAt is the package that a link at a path of the target leads into.
func (r *run) packageAt(at, text string) string {
	if text == "" {
		return ""
	}
	dest := path.Join(path.Dir(at), text)
	if path.IsAbs(text) {
		dest = rel(r.at.dir.Path(), path.Clean(text))
	}
	rest, ok := below(dest, r.at.stow)
	if !ok {
		return ""
	}
	foo, _, _ := cut(rest)
	return foo
}
