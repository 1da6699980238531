package engine

import (
	"context"
	"errors"
	"slices"

	"converge/resources"
)

// solveRemovals asks each solver for the whole answer once more, to what is
// declared and to the orphans that are its: what these drag along is in the plan
// too. An orphan that something needs is left alone.
func (r *run) solveRemovals(ctx context.Context) {
	groups := map[resources.Provider][]int{}
	var order []resources.Provider
	for _, i := range r.postponed {
		p := r.Resources[i].Provider()
		if _, ok := p.(resources.Solver); ok && r.steps[i].err == nil {
			if groups[p] == nil {
				order = append(order, p)
			}
			groups[p] = append(groups[p], i)
		}
	}
	for _, p := range order {
		for g := groups[p]; len(g) > 0; {
			left := r.solveWith(ctx, p.(resources.Solver), g)
			if len(left) == len(g) {
				break
			}
			g = left
		}
	}
}

// solveWith solves for orphans beside what is declared. It returns those that
// are not refused: all of them if the answer holds.
func (r *run) solveWith(ctx context.Context, solver resources.Solver, orphans []int) []int {
	var all []int
	for _, g := range r.byProvider() {
		if r.Resources[g[0]].Provider() == solver.(resources.Provider) {
			all = append(all, g...)
		}
	}
	all = append(all, orphans...)
	cs := make([]resources.Change, len(all))
	for k, i := range all {
		cs[k] = r.steps[i].plan
	}
	f, err := solver.Solve(ctx, cs)
	if err != nil {
		return r.refuseOrphans(orphans, err)
	}
	for k, i := range all {
		if len(f.Changes) == len(all) {
			r.steps[i].plan = f.Changes[k]
		}
	}
	by := solver.(resources.Provider)
	r.also = slices.DeleteFunc(r.also, func(e sideEffect) bool { return e.by == by })
	for _, c := range f.Also {
		r.also = append(r.also, sideEffect{change: c, by: by})
	}
	return orphans
}

// refuseOrphans files a solver's refusal under the orphans that it is about:
// all of them, if it does not say. One that comes after something pending may
// still come right: a service is stopped before the user that it runs as goes.
func (r *run) refuseOrphans(orphans []int, err error) (left []int) {
	var each resources.Unsolvable
	named := errors.As(err, &each)
	blamed := false
	for _, i := range orphans {
		s := &r.steps[i]
		why := each[s.plan.Addr]
		blamed = blamed || why != nil
		if why == nil || s.behind && !r.Resources[i].Kind.Opaque {
			left = append(left, i)
			continue
		}
		s.err = why
	}
	if named && blamed {
		return left
	}
	for _, i := range orphans {
		r.steps[i].err = err
	}
	return nil
}
