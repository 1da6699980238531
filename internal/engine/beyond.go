package engine

import (
	"context"
	"slices"

	"converge/resources"
)

// sideEffect is what a solver says its transaction will do to something that
// nobody declared.
type sideEffect struct {
	change resources.Change
	by     resources.Provider
	made   bool
}

// providerOf is the one that the tasks of a batch share.
func (r *run) providerOf(tasks []task) resources.Provider {
	return r.Resources[tasks[0].i].Provider()
}

// expected is what the next transaction of a provider may bring along. Which
// of several transactions will is not known, so each says all that is left.
func (r *run) expected(p resources.Provider) []resources.Change {
	var cs []resources.Change
	for _, e := range r.also {
		if e.by == p && !e.made {
			cs = append(cs, e.change)
		}
	}
	return cs
}

// concludeBeyond files what a transaction did that nobody asked for: what was
// expected and came true, what did not, and what came unexpectedly.
func (r *run) concludeBeyond(ctx context.Context, p resources.Provider) {
	solver, ok := p.(resources.Solver)
	if !ok || r.cannotRecord() {
		return
	}
	ctx = context.WithoutCancel(ctx)
	at := r.Now()
	beyond := slices.Clone(solver.Beyond())
	for k := range r.also {
		e := &r.also[k]
		if e.by != p || e.made {
			continue
		}
		c := e.change
		if i := slices.IndexFunc(beyond, func(b resources.Change) bool { return sameChange(b, c) }); i >= 0 {
			e.made = true
			beyond = slices.Delete(beyond, i, i+1)
		} else {
			c.Action = resources.None
		}
		r.done(ctx, c, at)
	}
	if len(beyond) == 0 || r.cannotRecord() {
		return
	}
	if err := r.Journal.Begin(ctx, beyond, nil); err != nil {
		r.stop = &journalError{err}
		return
	}
	for _, c := range beyond {
		r.done(ctx, c, at)
	}
}

func (r *run) done(ctx context.Context, c resources.Change, at resources.Instant) {
	if err := r.Journal.Done(ctx, c, at, nil); err != nil {
		r.stop = &journalError{err}
	}
}

// sameChange reports whether two changes make the same of the same thing.
func sameChange(a, b resources.Change) bool {
	return a.Addr == b.Addr && a.Action == b.Action && a.Have.RawEquals(b.Have) && a.Want.RawEquals(b.Want)
}
