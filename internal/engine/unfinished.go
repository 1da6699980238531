package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/graph"
	"converge/internal/resource"
)

// walk visits the graph. A resource that is in place but whose own script failed
// is tried once more after another change of the run: a package's daemon may not
// start before its configuration is written. Its dependents wait for that, except
// resources that only write files.
func (r *run) walk(ctx context.Context) {
	r.walkOnce(ctx)
	if r.takeUpUnfinished(ctx) {
		r.walkOnce(ctx)
	}
}

// leaveUnfinished puts the verdict on a failed resource off, if it may come
// right later in the run, and reports whether it did.
func (r *run) leaveUnfinished(i int, err error) bool {
	s := &r.steps[i]
	on := r.Resources[i].OnFailure
	if !errors.Is(err, resource.ErrUnfinished) || s.tried > 0 || on == resource.FailContinue || on == resource.FailStop {
		return false
	}
	s.state, s.err, s.tried = unfinished, err, r.effects
	return true
}

// waitsForUnfinished reports whether a resource has to wait for one that is
// unfinished.
func (r *run) waitsForUnfinished(i int) bool {
	waits := false
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		before := &r.steps[e.From]
		waits = !e.Reason.Guess && (before.deferred || before.state == unfinished && !r.Resources[i].Kind.Inert)
		return !waits
	})
	r.steps[i].deferred = waits
	return waits
}

// takeUpUnfinished gives unfinished resources another turn, or marks them as
// failed if no change since then could help. It reports whether the graph has to
// be visited again, for them and for their dependents.
func (r *run) takeUpUnfinished(ctx context.Context) (again bool) {
	stopped := r.interrupted(ctx)
	for i := range r.steps {
		s := &r.steps[i]
		s.deferred = false
		if s.state != unfinished {
			continue
		}
		again = true
		if stopped || r.effects == s.tried {
			r.fail(i, s.err)
			continue
		}
		first, _, _ := strings.Cut(r.scrub(s.err.Error()), "\n")
		s.plan.Notes = append(slices.Clone(s.plan.Notes), "tried again after the rest, as it failed at first: "+first)
		s.state, s.err = waiting, nil
	}
	return again && !stopped
}
