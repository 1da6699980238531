package engine

import (
	"context"
	"slices"

	"converge/resources"
)

// made returns the change that a task has made, as it was observed right before
// its effect: the plan may have been made before an earlier step of the run
// brought about what this one replaces or removes. The versions are those that
// the solver settled on, and the notes those of the plan.
func (r *run) made(t *task) resources.Change {
	plan, c := r.steps[t.i].plan, t.now
	c.Notes = plan.Notes
	if _, ok := r.Resources[t.i].Provider().(resources.Solver); !ok {
		return c
	}
	if c.Action == plan.Action && c.Have.RawEquals(plan.Have) {
		return plan
	}
	c.Attrs = slices.Clone(c.Attrs)
	for k := range c.Attrs {
		a := &c.Attrs[k]
		if i := slices.IndexFunc(plan.Attrs, func(p resources.AttrChange) bool { return p.Name == a.Name }); i >= 0 {
			a.Want = plan.Attrs[i].Want
		}
	}
	return c
}

// noteAnew replaces the notes of a forecast that was about another action. What
// a solver noted is only known from its plan, and what a rollback noted of the
// run that it takes back.
func (r *run) noteAnew(ctx context.Context, t task) {
	s, p := &r.steps[t.i], r.Resources[t.i].Provider()
	if _, solved := p.(resources.Solver); solved || r.Undo != nil || s.again || t.now.Action == s.plan.Action {
		return
	}
	s.plan.Notes = nil
	if n, ok := p.(resources.Noter); ok {
		s.plan.Notes = n.Notes(ctx, t.now)
	}
}
