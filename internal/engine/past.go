package engine

import (
	"context"

	"converge/resources"
)

// rememberPast fills in what the journal must hold so that the changes can be
// undone. One whose past cannot be told is not made.
func (r *run) rememberPast(ctx context.Context, tasks []task) []task {
	left := tasks[:0]
	for _, t := range tasks {
		var err error
		if t.past, err = past(ctx, r.Resources[t.i].Kind, t.now); err != nil {
			r.fail(t.i, err)
			continue
		}
		left = append(left, t)
	}
	return left
}

// past is a change with all that undoing it takes.
func past(ctx context.Context, k *resources.Kind, c resources.Change) (resources.Change, error) {
	h, ok := k.ProviderOf(c.Want).(resources.Historian)
	if !ok || c.Have.IsNull() {
		return c, nil
	}
	have, err := h.Past(ctx, c)
	if err != nil {
		return c, err
	}
	return c.WithPast(k, have), nil
}
