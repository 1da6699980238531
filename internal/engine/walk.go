package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// walkOnce visits the graph once. It finishes every ready resource that needs nothing at once, so that as much as
// possible becomes ready; then it changes the first resource in line, together with all that can share its batch.
func (r *applyRun) walkOnce(ctx context.Context) {
	w := r.Graph.Walk()
	ready := map[resource.Provider][]int{}
	for {
		for i, ok := w.Next(); ok; i, ok = w.Next() {
			if r.finishIfIdle(ctx, i) {
				endDeliverer{r.deliverer}.deliverInTurn(ctx, i)
				w.Done(i)
				continue
			}
			p := r.Resources[i].Provider()
			at, _ := slices.BinarySearch(ready[p], i)
			ready[p] = slices.Insert(ready[p], at, i)
		}
		batch := r.takeBatch(ready)
		if len(batch) == 0 {
			return
		}
		r.perform(ctx, batch)
		for _, i := range batch {
			endDeliverer{r.deliverer}.deliverInTurn(ctx, i)
			w.Done(i)
		}
	}
}

// takeBatch takes the first resource in line, with all others of its provider if that provider can batch. A rollback
// proceeds stage by stage.
func (r *applyRun) takeBatch(ready map[resource.Provider][]int) []int {
	var first resource.Provider
	for p, is := range ready {
		if len(is) > 0 && (first == nil || is[0] < ready[first][0]) {
			first = p
		}
	}
	if first == nil {
		return nil
	}
	n := 1
	if _, ok := first.(resource.Transactor); ok {
		for n < len(ready[first]) && r.stageOf(ready[first][0]) == r.stageOf(ready[first][n]) {
			n++
		}
	}
	batch := ready[first][:n:n]
	ready[first] = ready[first][n:]
	return batch
}

// finishIfIdle reports whether a resource needs nothing, and then sets its state.
func (r *applyRun) finishIfIdle(ctx context.Context, i int) bool {
	s := &r.steps[i]
	if s.state != waiting || r.interrupted(ctx) {
		return true
	}
	moved := r.hasMoved(i)
	if r.waitsForUnfinished(i) || r.failGuard(ctx, i) || r.skipIfDependencyFailed(i) {
		return true
	}
	if r.isToAsk(i) {
		return false
	}
	if s.err != nil && !s.foreseen {
		r.fail(i, s.err)
		return true
	}
	if s.err != nil || !s.needsNothing() || s.again { // an earlier one may remove the cause of a foreseen failure
		return false
	}
	if s.seen == r.generation && !moved {
		s.state = untouched
		return true
	}
	err := r.refresh(i)
	var have cty.Value
	if err == nil {
		have, err = observe(ctx, r.Resources[i])
	}
	if err != nil {
		r.fail(i, err)
		return true
	}
	s.seen = r.generation
	now := resource.Diff(r.Resources[i], have)
	if now.Empty() {
		s.state = untouched
		return true
	}
	// A resource with an unforeseeable effect before it has an ordinary change if it asks before it acts, or if it is
	// another thing now. Any other resource was as declared when the plan was made, and is restored.
	if s.tentative && (s.turned || asks(r.Resources[i]) || r.Resources[i].Kind.Opaque) {
		now.Notes = s.notes()
		s.setPlan(now)
		return false
	}
	s.again = true
	return false
}

// walk visits the graph. A resource that is in place but whose own script failed is tried once more after another
// change of the run: a package's daemon may not start before its configuration is written. Its dependents wait for
// that, except resources that only write files.
func (r *applyRun) walk(ctx context.Context) {
	r.walkOnce(ctx)
	if r.takeUpUnfinished(ctx) {
		r.walkOnce(ctx)
	}
}

// waitsForUnfinished reports whether a resource has to wait for an unfinished one.
func (r *applyRun) waitsForUnfinished(i int) bool {
	s := &r.steps[i]
	s.deferred = false
	for e := range r.Graph.Before(i) {
		before := &r.steps[e.From]
		s.deferred = s.deferred || !e.Reason.Guess && (before.deferred || before.state == unfinished && !r.Resources[i].Kind.Inert)
	}
	return s.deferred
}

// takeUpUnfinished gives unfinished resources another turn, or marks them as failed if no change since then could
// help. It reports whether the graph has to be visited again, for them and for their dependents.
func (r *applyRun) takeUpUnfinished(ctx context.Context) (again bool) {
	stopped := r.interrupted(ctx)
	for i := range r.steps {
		s := &r.steps[i]
		s.deferred = false
		if s.state != unfinished {
			continue
		}
		again = true
		if stopped || r.effects == s.notable().tried {
			r.fail(i, s.err)
			continue
		}
		first, _, _ := strings.Cut(r.Scrub(s.err.Error()), "\n")
		s.setNotes(append(slices.Clone(s.notes()), "tried again after the rest, as it failed at first: "+first))
		s.state, s.err = waiting, nil
	}
	return again && !stopped
}
