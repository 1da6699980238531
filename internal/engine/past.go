package engine

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// rememberPast adds what the journal must hold so that the changes can be undone.
// A change whose past cannot be determined is not made.
func (r *run) rememberPast(ctx context.Context, tasks []task) []task {
	left := tasks[:0]
	for _, t := range tasks {
		var err error
		if t.past, err = past(ctx, r.Resources[t.i].Kind, t.now); err == nil {
			t.along, err = r.along(ctx, t)
		}
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

// past is a change with all that undoing it takes.
func past(ctx context.Context, k *resource.Kind, c resource.Change) (resource.Change, error) {
	h, ok := k.ProviderOf(c.Want).(resource.Historian)
	if !ok || c.Have.IsNull() {
		return c, nil
	}
	have, err := h.Past(ctx, c)
	if err != nil {
		return c, err
	}
	return c.WithPast(k, have), nil
}

// withSolvedVersions is a change with the solver's exact result in place of a
// constraint: only then can a later run detect further changes.
func (r *run) withSolvedVersions(t task) resource.Change {
	c := t.past
	if !r.steps[t.i].solved {
		return c
	}
	for _, a := range r.steps[t.i].plan.Attrs {
		if a.Want != cty.NilVal {
			c.Want = resource.With(c.Want, a.Name, a.Want)
		}
	}
	return c
}

// along is what a change makes or replaces on the way, with its secrets.
func (r *run) along(ctx context.Context, t task) ([]resource.Change, error) {
	p, ok := r.Resources[t.i].Provider().(resource.Companion)
	if !ok {
		return nil, nil
	}
	cs, err := p.Along(ctx, t.now)
	for k := range cs {
		cs[k].Secret = t.past.Secret
		if cs[k].Key != "" {
			cs[k].Key = r.Identity.Key(cs[k].Key)
		}
	}
	return cs, err
}

// concludeAlong files what a change made on the way, if it was made.
func (r *run) concludeAlong(ctx context.Context, t *task, made bool, at resource.Instant) {
	for _, c := range t.along {
		if !made {
			c.Action = resource.None
		}
		r.done(ctx, c, at)
	}
}
