package engine

import (
	"context"
	"fmt"

	"converge/internal/notify"
)

// A rollback notifies the targets that its run has notified, because they must use the restored state. A target that
// was still owed its action has never used what the run made, so it uses that state already. Acting on it would do
// harm: a command that was held back would run for the first time.

// whyTakenBack is why an action is dropped that was owed for changes which are taken back.
const whyTakenBack = "what it was owed for is taken back before it was delivered"

// isTakenBack reports whether everything that an entry is owed for is taken back, and its target, a resource of the
// rollback, has seen nothing of that. isUndone reports whether a step is undone.
func (r *plan) isTakenBack(ctx context.Context, target int, e notify.Entry, run string, isUndone func(i int) bool) bool {
	if r.isProbe(target) {
		return false
	}
	for _, d := range e.Debts {
		steps := r.findCauses(target, d, run)
		for _, i := range steps {
			if !isUndone(i) || r.hasSeen(ctx, target, i) {
				return false
			}
		}
		if len(steps) == 0 { // it stays
			return false
		}
	}
	return true
}

// findCauses finds the steps of the rollback that take back the causes of a debt. The debt is one of the run that is
// taken back, or of the rollback itself, whose name is run.
func (r *plan) findCauses(target int, d notify.Debt, run string) (steps []int) {
	if d.Run != r.Undo.Run {
		i, known := r.at.find(d.Cause)
		if !known || d.Run != "" && d.Run != run {
			return nil
		}
		return []int{i}
	}
	for i := range r.Undo.steps {
		for _, o := range r.Undo.steps[i].unseen {
			if o.Cause == d.Cause && r.isTarget(target, o) {
				steps = append(steps, i)
				break
			}
		}
	}
	return steps
}

func (r *plan) isTarget(target int, d notify.Debt) bool {
	i, known := r.at.find(d.Target)
	return known && i == target
}

// hasSeen reports whether a target has used, or may have used, what step i takes back: it was notified of that, or was
// started since.
func (r *plan) hasSeen(ctx context.Context, target, i int) bool {
	notified := 0
	for _, n := range r.Resources[i].Notifies {
		notified += one(n.Target == r.Resources[target].Addr)
	}
	for _, d := range r.Undo.steps[i].unseen {
		if !r.isTarget(target, d) {
			continue
		}
		notified--
		if seen, err := isSatisfied(ctx, r.Resources[target], d.Verb, d.Since); seen || err != nil {
			return true
		}
	}
	return notified > 0
}

// settleTakenBack settles an entry of a rollback whose target needs nothing, and holds back an entry for a change that
// could not be taken back. It reports whether it did either.
func settleTakenBack(ctx context.Context, r *deliverer, e notify.Entry) bool {
	target, declared := r.resourceOf(e.Owner)
	if r.Undo == nil || !declared || r.interrupted(ctx) {
		return false
	}
	for _, d := range e.Debts {
		for _, i := range r.findCauses(target, d, r.Run) {
			if st := r.steps[i].state; d.Run == r.Undo.Run && (st == failed || st == skipped) {
				r.keepOwed(e, fmt.Sprintf("%s, for which it is owed, could not be taken back", r.Resources[i].Addr), false)
				return true
			}
		}
	}
	isUndone := func(i int) bool { return r.steps[i].state == changed || r.steps[i].state == untouched }
	if !r.isTakenBack(ctx, target, e, r.Run, isUndone) {
		return false
	}
	// Void, and not dropped: the target counts as notified of the present state.
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(e.Owner), Target: r.Resources[target].Addr, Verb: e.Verb, Void: true})
	r.emitDropped(dropped{e, whyTakenBack})
	return true
}

// forecastTakenBack forecasts an entry of a rollback whose target needs nothing.
func (r *planReporter) forecastTakenBack(ctx context.Context, e notify.Entry) bool {
	target, declared := r.resourceOf(e.Owner)
	if r.Undo == nil || !declared {
		return false
	}
	isUndone := func(i int) bool {
		_, lost := r.rootCause[i]
		return !lost && r.steps[i].err == nil && !r.steps[i].state.idle()
	}
	if !r.isTakenBack(ctx, target, e, r.Run, isUndone) {
		return false
	}
	r.emitDropped(dropped{e, whyTakenBack})
	return true
}
