package store

import (
	"context"
	"path"
	"slices"

	"converge/internal/stow/farm"
)

// planner computes the operations in the target that jobs need. It only reads.
type planner struct {
	Location
	cfg      *Settings
	protocol func(foo string) (bool, error)
	options  string // of the planned command
	again    bool   // plans repeat an earlier plan
	view     string // the view of a generation; "": the target is not a generation
}

// planJobs runs the farm's planner, adds the links that it cannot find because their images are deleted, and splits the
// result by package.
func (p *planner) planJobs(ctx context.Context, q farm.Request, jobs []*job) (Plan, error) {
	var out Plan
	if len(q.Stow)+len(q.Unstow) > 0 {
		v := newVeil(p.Location, jobs)
		var err error
		if out.Plan, err = p.cfg.Plan(ctx, p.makeFrame(v, len(jobs) > 0), q); err != nil {
			return out, err
		}
		if out.Ops, err = v.addHidden(out.Ops); err != nil {
			return out, err
		}
		for i, c := range out.Conflicts {
			out.Conflicts[i].Package = p.imageName(c.Image)
		}
	}
	s := strays{p.Location, p.cfg.Warn}
	for _, j := range jobs {
		for _, part := range j.gone {
			ops, err := s.findLinks(ctx, imageOf(p.stow, j.foo, part))
			if err != nil {
				return out, err
			}
			out.Ops = append(out.Ops, withoutPathsOf(ops, out.Ops)...)
		}
	}
	out.Moves = p.sumMoves(out.Ops, jobs)
	return out, nil
}

// makeFrame describes the target of the plan to the caller's planner.
func (p *planner) makeFrame(v *veil, protocol bool) Frame {
	moved := ""
	if p.cfg.Moved != "" {
		moved = relativePath(p.target.Path(), p.cfg.Moved)
	}
	return Frame{
		Target:  p.target,
		Stow:    p.stow,
		Sound:   protocol || p.view != "",
		Again:   p.again,
		Options: p.options,
		Rules: func(inner farm.Rules) farm.Rules {
			return &rules{inner: inner, stow: p.stow, moved: moved, protocol: p.protocol}
		},
		Ignore: func(inner farm.Ignorer) farm.Ignorer {
			return &makefiles{inner: inner, dir: p.StowDir, stow: p.stow, known: map[farm.Image]string{}}
		},
		Tree: v.cover,
	}
}

// imageName returns the name of an image on the command line.
func (p *planner) imageName(img farm.Image) string {
	if foo, ok := pathBelow(img.Stow, p.stow); ok && foo != "" {
		return foo + "/" + img.Package
	}
	return img.Package
}

// sumMoves sums up the operations of each job.
func (p *planner) sumMoves(ops []farm.Op, jobs []*job) []Move {
	counts, touched := p.countLinks(ops)
	// Adopted files and backups: the text does not show their package.
	moved := slices.ContainsFunc(ops, func(op farm.Op) bool { return op.Kind == farm.Move })
	var out []Move
	for _, j := range jobs {
		m := Move{
			Package: j.foo, Verb: j.verb, From: j.was.Installed, To: j.goal, Holder: j.nextHolder(), Links: counts[j.foo], Back: j.cancel,
			Nothing: !j.changesRecord() && !touched[j.foo] && !moved,
		}
		if m.Nothing {
			m.Holder = j.was.Holder
		}
		out = append(out, m)
	}
	return out
}

// countLinks counts links by the package of the store that they lead into, and returns which packages the operations
// touch.
func (p *planner) countLinks(ops []farm.Op) (counts map[string]Counts, touched map[string]bool) {
	counts, touched = map[string]Counts{}, map[string]bool{}
	for _, e := range netLinks(ops) {
		before, after := p.packageAt(e.path, e.before), p.packageAt(e.path, e.after)
		touched[before], touched[after] = true, true
		foo := after
		if e.after == "" {
			foo = before
		}
		if foo != "" {
			c := counts[foo]
			c.add(e)
			counts[foo] = c
		}
	}
	return counts, touched
}

// packageAt returns the package that a link at a path of the target leads into.
func (p *planner) packageAt(at, text string) string {
	if text == "" {
		return ""
	}
	dest := path.Join(path.Dir(at), text)
	if path.IsAbs(text) {
		dest = relativePath(p.target.Path(), path.Clean(text))
	}
	rest, ok := pathBelow(dest, p.stow)
	if !ok {
		return ""
	}
	return firstName(rest)
}

// withoutPathsOf removes operations on paths that other operations change.
func withoutPathsOf(ops, others []farm.Op) []farm.Op {
	done := map[string]bool{}
	for _, op := range others {
		done[op.Path] = true
	}
	return slices.DeleteFunc(ops, func(op farm.Op) bool { return done[op.Path] })
}

// Plan is the effect of changes.
type Plan struct {
	farm.Plan
	Moves []Move // one for each package of the protocol, and one for its :config
}

// Move is the effect on one package.
type Move struct {
	Package string
	Verb    string // "stow", "unstow", "restow", "switch"; "recover" for an interrupted change
	From    string // the version that was installed; "" none
	To      Goal
	Holder  string // afterwards; "" none
	Links   Counts
	Nothing bool // no operation is needed
	Back    bool // of recovery: the goal was given up, and the former state restored
}

// Counts counts links.
type Counts struct{ Changed, Added, Removed int }

// Empty reports whether the plan has no operations.
func (p Plan) Empty() bool {
	return len(p.Ops) == 0 && !slices.ContainsFunc(p.Moves, func(m Move) bool { return !m.Nothing })
}

// Counts returns the numbers of links of the whole plan.
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
