package engine

import (
	"context"
	"slices"

	"converge/internal/resource"
)

// sideEffect is a solver's forecast of its transaction's effect on something
// undeclared.
type sideEffect struct {
	change resource.Change
	by     resource.Provider
	made   bool
}

// providerOf is the one that the tasks of a batch share.
func (r *run) providerOf(tasks []task) resource.Provider {
	return r.Resources[tasks[0].i].Provider()
}

// expected lists the forecast side effects of a provider's next transaction. It is
// not known which of several transactions will have them, so each lists all that
// are left.
func (r *run) expected(p resource.Provider) []resource.Change {
	var cs []resource.Change
	for _, e := range r.also {
		if e.by == p && !e.made {
			cs = append(cs, e.change)
		}
	}
	return cs
}

// concludeSideEffects files the side effects of a transaction: those that were forecast
// and came true, those that did not, and unexpected ones.
func (r *run) concludeSideEffects(ctx context.Context, p resource.Provider, also []resource.Change) {
	if r.cannotRecord() {
		return
	}
	ctx = context.WithoutCancel(ctx)
	at := r.Now()
	also = slices.Clone(also)
	for k := range r.also {
		e := &r.also[k]
		if e.by != p || e.made {
			continue
		}
		c := e.change
		if i := slices.IndexFunc(also, func(b resource.Change) bool { return sameChange(b, c) }); i >= 0 {
			e.made = true
			also = slices.Delete(also, i, i+1)
		} else {
			c.Action = resource.None
		}
		r.done(ctx, c, at)
	}
	if len(also) == 0 || r.cannotRecord() {
		return
	}
	if err := r.Journal.Begin(ctx, also, nil); err != nil {
		r.stop = &journalError{err}
		return
	}
	for _, c := range also {
		r.done(ctx, c, at)
	}
}

func (r *run) done(ctx context.Context, c resource.Change, at resource.Instant) {
	if err := r.Journal.Done(ctx, c, at, nil); err != nil {
		r.stop = &journalError{err}
	}
}

// sameChange reports whether two changes make the same of the same thing.
func sameChange(a, b resource.Change) bool {
	return a.Addr == b.Addr && a.Action == b.Action && a.Have.RawEquals(b.Have) && a.Want.RawEquals(b.Want)
}
