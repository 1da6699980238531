package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/resource"
)

// solveRemovals asks each solver once more, for declared resources and orphans together, so that the plan contains all
// side effects of removing orphans. An orphan that something needs is left alone. The solvers are asked in the order
// of the removals, so that the solver of groups knows which users are removed before.
func (r *planner) solveRemovals(ctx context.Context) {
	if len(r.postponed) == 0 {
		return
	}
	late := r.markPostponed()
	for _, g := range r.groupBySolver(func(i int) bool { return late[i] && r.steps[i].err == nil }) {
		p := r.Resources[g[0]].Provider()
		for asked := 0; len(g) > 0 && len(g) != asked; {
			asked = len(g)
			g = r.solveWith(ctx, p, g)
		}
	}
}

// solveWith solves for orphans together with the declared resources. It returns the orphans that the solver does not
// refuse: all of them if the answer is valid.
func (r *planner) solveWith(ctx context.Context, p resource.Provider, orphans []int) []int {
	f, all, err := r.solveBeside(ctx, p, orphans)
	if err != nil {
		return r.refuseOrphans(orphans, err)
	}
	if len(r.draggedAlong(p, f)) > 0 {
		return r.refuseDragging(ctx, p, orphans)
	}
	r.also = slices.DeleteFunc(r.also, func(e sideEffect) bool { return e.by == p })
	r.takeForecast(p, all, f)
	return orphans
}

// solveBeside solves for orphans and all declared resources of the same provider, and returns the resources that the
// answer covers.
func (r *planner) solveBeside(ctx context.Context, p resource.Provider, orphans []int) (f resource.Forecast, all []int, err error) {
	for _, g := range r.groupBySolver(r.isPending) {
		if r.Resources[g[0]].Provider() == p {
			all = append(all, g...)
		}
	}
	all = append(all, orphans...)
	f, err = r.askSolver(ctx, p, all)
	return f, all, err
}

// draggedAlong names removals in an answer that nothing asked for and that the declared resources alone would not
// cause.
func (r *planner) draggedAlong(p resource.Provider, f resource.Forecast) (names []string) {
	for _, c := range f.Also {
		if c.Action != resource.Delete {
			continue
		}
		known := slices.ContainsFunc(r.also, func(e sideEffect) bool {
			return e.by == p && e.change.Addr == c.Addr && e.change.Action == resource.Delete
		})
		if !known {
			names = append(names, c.Addr.Name)
		}
	}
	return names
}

// refuseDragging leaves orphans alone whose removal would also remove things that this site did not make: a package of
// another site or of the distribution may depend on one that it did make.
func (r *planner) refuseDragging(ctx context.Context, p resource.Provider, orphans []int) (left []int) {
	for _, i := range orphans {
		f, _, err := r.solveBeside(ctx, p, []int{i})
		names := r.draggedAlong(p, f)
		if err == nil && len(names) > 0 {
			err = fmt.Errorf("it would take along %s, which depends on it and is not this site's", nameSome(names))
		}
		if r.steps[i].err = neededBy(err); err == nil {
			left = append(left, i)
		}
	}
	if len(left) < len(orphans) {
		return left
	}
	for _, i := range orphans { // only their combination does
		r.steps[i].err = neededBy(errors.New("its removal would take along what is not this site's"))
	}
	return nil
}

// refuseOrphans records a solver's refusal at the orphans that it names, or at all of them. An orphan after a stopping
// service may still succeed, because that service may be its user.
func (r *planner) refuseOrphans(orphans []int, err error) (left []int) {
	var each resource.Unsolvable
	named := errors.As(err, &each)
	blamed := false
	for _, i := range orphans {
		s := &r.steps[i]
		why := each[s.of.Addr]
		blamed = blamed || why != nil
		if why == nil || s.freed && !errors.Is(why, resource.ErrCertain) && !r.Resources[i].Kind.Opaque {
			left = append(left, i)
			continue
		}
		if s.err = why; !errors.Is(why, resource.ErrBusy) {
			s.err = neededBy(why)
		}
	}
	if named && blamed {
		return left
	}
	for _, i := range orphans {
		r.steps[i].err = err
	}
	return nil
}

// neededError explains why a thing stays: something else needs it.
type neededError struct{ error }

func (e neededError) Unwrap() error { return e.error }

func neededBy(err error) error {
	if err == nil {
		return nil
	}
	return neededError{err}
}

func isNeeded(err error) bool {
	var needed neededError
	return errors.As(err, &needed)
}

// leaveRefused leaves orphans alone whose removal is known to fail, so that declared resources are still changed and
// other orphans removed. An orphan that a solver refuses is needed by something that stays, so it stays, too; any
// other reason is a failure.
func (r *planner) leaveRefused() {
	for _, i := range r.postponed {
		err, s := r.steps[i].err, r.orphanAt[i]
		if err == nil || i < r.declared {
			continue
		}
		why := r.oneLine(err)
		r.leave(i, leftAlone+": "+why)
		if s != nil && !isNeeded(err) {
			s.failure = why
		}
	}
	for again := true; again; {
		again = false
		for _, i := range r.postponed {
			if i >= r.declared && !r.steps[i].left && r.hasLeftBefore(i) {
				r.leave(i, leftAlone+", for what depends on it cannot be removed")
				again = true
			}
		}
	}
	for _, i := range r.postponed {
		if s := &r.steps[i]; i < r.declared && s.err == nil && r.hasLeftBefore(i) {
			s.err = errors.New("what has to go before it cannot be removed")
		}
	}
	// Things that would end with a thing that stays keep running.
	for _, i := range r.postponed {
		if i < r.declared {
			continue
		}
		ends := false
		for e := range r.Graph.After(i) {
			ends = ends || !r.steps[e.To].left
		}
		if r.orphanAt[i] == nil && !r.steps[i].left && !ends {
			r.leave(i, "")
		}
	}
}

// leave removes an orphan's removal from the run.
func (r *planner) leave(i int, why string) {
	st := &r.steps[i]
	st.state, st.err, st.left = off, nil, true
	if s := r.orphanAt[i]; s != nil {
		s.node, s.note = -1, why
		delete(r.orphanAt, i)
	}
}
