package engine

import (
	"context"
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// noteWasThere is the note of a thing that was forecast to be created, and that an earlier step of the run has made
// before its turn.
const noteWasThere = "it existed already when its turn came"

// noteAnew replaces the notes of a forecast that was about another action. It keeps a solver's notes, which only its
// plan has, and a rollback's notes on the run that it takes back.
func (r *applier) noteAnew(ctx context.Context, t task) {
	s, p := &r.steps[t.i], r.Resources[t.i].Provider()
	if s.solved || r.Undo != nil || s.again || t.now.Action == s.action() {
		return
	}
	o := resource.Outlook{Pending: resource.UnknownPending, Expected: r.forecasts[p]}
	s.setNotes(review(ctx, r.Resources[t.i], t.now, o).Notes)
}

// recordAll adds what the journal must hold so that the changes can be undone. A change whose prior state cannot be
// determined is not made.
func (r *applier) recordAll(ctx context.Context, tasks []task) []task {
	if len(tasks) == 0 {
		return tasks
	}
	if g, ok := r.providerOf(tasks).(resource.Gatherer); ok {
		g.Gather(ctx, r.changesOf(tasks))
	}
	left := tasks[:0]
	for _, t := range tasks {
		err := r.recordPrior(ctx, &t)
		if err == nil {
			err = r.checkDestroyed(ctx, t)
		}
		if err != nil {
			r.fail(t.i, err)
			continue
		}
		r.noteAnew(ctx, t)
		left = append(left, t)
	}
	return left
}

// recordPrior adds to a task's change all that undoing it needs, and what it makes or replaces on the way, with its
// secrets.
func (r *applier) recordPrior(ctx context.Context, t *task) (err error) {
	t.full, t.also, err = record(ctx, r.Resources[t.i].Kind, t.now)
	for k := range t.also {
		c := &t.also[k]
		c.Secret = joinSecrets(c.Secret, t.full.Secret)
		if c.Key != "" {
			c.Key = r.Identity.Key(c.Key)
		}
	}
	return err
}

// joinSecrets returns the attributes that are secret in a or in b.
func joinSecrets(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		return b
	}
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// record returns a change with all that undoing it needs, and what it makes or
// replaces on the way.
func record(ctx context.Context, k *resource.Kind, c resource.Change) (full resource.Change, also []resource.Change, err error) {
	p, ok := k.ProviderOf(c.Want).(resource.Recorder)
	if !ok {
		return c, nil, nil
	}
	if full, also, err = p.Record(ctx, c); err == nil && !full.Have.IsNull() {
		full = full.WithPast(k, full.Have)
	}
	return full, also, err
}

// withSolvedVersions returns a change with the solver's exact result instead of a constraint: only then can a later
// run detect further changes.
func (r *applier) withSolvedVersions(t task) resource.Change {
	c := t.full
	if !r.steps[t.i].solved {
		return c
	}
	for _, a := range r.steps[t.i].plan().Attrs {
		if a.Want != cty.NilVal {
			c.Want = resource.With(c.Want, a.Name, a.Want)
		}
	}
	return c
}
