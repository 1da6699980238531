package engine

import (
	"context"
	"slices"

	"converge/internal/resource"
)

// noteWasThere is the note of a thing that was forecast to be created, and that an
// earlier step of the run has made by its turn.
const noteWasThere = "it existed already when its turn came"

// made returns the change that a task has made. Its action is the plan's, so that
// an apply reports what its plan has shown. What it replaced or removed was
// observed right before its effect: the plan may have been made before an earlier
// step of the run brought that about. The versions are those that the solver
// settled on, and the notes those of the plan.
func (r *run) made(t *task) resource.Change {
	plan, c := r.steps[t.i].plan, t.now
	c.Notes = plan.Notes
	if !r.steps[t.i].solved {
		if !r.Resources[t.i].Kind.Inert { // it replaces nothing that was not planned
			return plan
		}
		if plan.Action == resource.Create && c.Action != plan.Action {
			c.Notes = append(slices.Clip(c.Notes), noteWasThere)
		}
		c.Action = plan.Action
		return c
	}
	if c.Action == plan.Action && c.Have.RawEquals(plan.Have) {
		return plan
	}
	c.Attrs = slices.Clone(c.Attrs)
	for k := range c.Attrs {
		a := &c.Attrs[k]
		if i := slices.IndexFunc(plan.Attrs, func(p resource.AttrChange) bool { return p.Name == a.Name }); i >= 0 {
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
	if s.solved || r.Undo != nil || s.again || t.now.Action == s.plan.Action {
		return
	}
	o := resource.Outlook{Pending: resource.UnknownPending, Expected: r.forecasts[p]}
	s.plan.Notes = review(ctx, r.Resources[t.i], t.now, o).Notes
}
