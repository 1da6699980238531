package engine

import (
	"context"
	"errors"

	"converge/internal/notify"
	"converge/internal/resource"
)

// oweAgain owes once more what was delivered to things that have not lasted: a
// restart after which the service died was none.
func (r *deliverer) oweAgain(ctx context.Context) {
	all := r.delivered
	r.delivered = nil
	for _, d := range all {
		res := r.Resources[d.i]
		if !r.Machine.finishes(res.Provider()) {
			continue
		}
		_, err := observe(ctx, res)
		if !errors.Is(err, resource.ErrShortLived) {
			continue
		}
		if _, again := r.queue.Get(d.entry.Owner); again {
			continue // it is owed anyway
		}
		c := resource.Change{Addr: res.Addr, Action: resource.Run, Have: resource.Absent, Want: resource.Absent}
		now := r.Now()
		var debts []notify.Debt
		for _, debt := range d.entry.Debts {
			debt.Since = now
			debts = append(debts, debt)
		}
		if jerr := r.Journal.Begin(ctx, []resource.Change{c}, debts); jerr != nil {
			r.stop = &journalError{jerr}
			return
		}
		r.raise(debts)
		if jerr := r.Journal.Done(context.WithoutCancel(ctx), c, now, r.scrubError(err)); jerr != nil {
			r.stop = &journalError{jerr}
			return
		}
		r.keepOwed(d.entry, "it "+resource.ErrShortLived.Error(), true)
	}
}
