package engine

import (
	"errors"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
)

// leaveRefused releases orphans whose removal is known to fail: the fault of an
// orphan is no failure of a declared resource.
func (r *removalSolver) leaveRefused() {
	for _, i := range r.postponed {
		if err := r.steps[i].err; err != nil && i >= r.declared {
			r.leave(i, "left alone: "+r.oneLine(err))
		}
	}
	for again := true; again; {
		again = false
		for _, i := range r.postponed {
			if i >= r.declared && !r.steps[i].left && r.hasLeftBefore(i) {
				r.leave(i, "left alone, for what depends on it cannot be removed")
				again = true
			}
		}
	}
	for _, i := range r.postponed {
		if s := &r.steps[i]; i < r.declared && s.err == nil && r.hasLeftBefore(i) {
			s.err = errors.New("what has to go before it cannot be removed")
		}
	}
	// What would end with a thing that stays keeps running.
	for _, i := range r.postponed {
		if i < r.declared {
			continue
		}
		ends := 0
		r.Graph.After(i, func(e graph.Edge[assembly.Reason]) bool {
			ends += one(!r.steps[e.To].left)
			return ends == 0
		})
		if r.orphanAt[i] == nil && !r.steps[i].left && ends == 0 {
			r.leave(i, "")
		}
	}
}

// leave takes what was to be removed out of the run.
func (r *removalSolver) leave(i int, why string) {
	st := &r.steps[i]
	st.state, st.err, st.left = off, nil, true
	if s := r.orphanAt[i]; s != nil {
		s.node, s.note = -1, why
		delete(r.orphanAt, i)
	}
}
