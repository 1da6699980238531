package engine

import (
	"context"
	"errors"
	"iter"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// solve asks each solver once about all of its changes, and reports whether one refused any.
func (r *planner) solve(ctx context.Context) (refused bool) {
	for _, g := range r.groupBySolver(r.isPending) {
		p := r.Resources[g[0]].Provider()
		f, err := r.askSolver(ctx, p, g)
		r.takeForecast(p, g, f)
		if err != nil {
			r.fileRefusal(g, err)
			refused = true
		}
	}
	return refused
}

// askSolver asks a transactor for the forecast of some steps.
func (r *planner) askSolver(ctx context.Context, p resource.Provider, steps []int) (resource.Forecast, error) {
	cs := gatherPlans(r.plan, p, steps)
	f, err := p.(resource.Transactor).Solve(ctx, cs, r.changesBeside(p))
	if f.Changes != nil || err != nil {
		for _, i := range steps {
			r.steps[i].solved = true
		}
	}
	return f, err
}

// gatherPlans lists the forecasts of some steps for their provider, and makes the steps share the list. So each
// forecast is in memory once, although the provider gets and keeps the list many times.
func gatherPlans(r *plan, p resource.Provider, which []int) []resource.Change {
	if known := r.gathered[p]; len(known) == len(which) {
		same := true
		for k, i := range which {
			same = same && r.steps[i].change == &known[k]
		}
		if same {
			return known
		}
	}
	out := listPlans(r.steps, which)
	for k, i := range which {
		r.steps[i].change, r.steps[i].have = &out[k], cty.NilVal
	}
	r.gathered[p] = out
	return out
}

// changesBeside yields the planned changes of all providers but p.
func (r *plan) changesBeside(p resource.Provider) iter.Seq[resource.Change] {
	return func(yield func(resource.Change) bool) {
		for i := range r.steps {
			s := &r.steps[i]
			if s.state.idle() || s.err != nil || s.needsNothing() || r.Resources[i].Provider() == p {
				continue
			}
			if refused := s.notable().refused; refused != nil && errors.Is(refused, resource.ErrCertain) {
				continue
			}
			if !yield(s.plan()) {
				return
			}
		}
	}
}

// takeForecast adds a solver's forecast of some steps to the plan. A solver that refuses some of the changes still
// answers for the rest.
func (r *planner) takeForecast(p resource.Provider, steps []int, f resource.Forecast) {
	if len(f.Changes) != len(steps) {
		return
	}
	for k, i := range steps {
		r.steps[i].setPlan(f.Changes[k])
	}
	for _, c := range f.Also {
		r.also = append(r.also, sideEffect{change: c, by: p})
	}
}

// isPending reports whether a declared resource will change.
func (r *plan) isPending(i int) bool {
	s := &r.steps[i]
	return i < r.declared && !s.state.idle() && s.err == nil && !s.needsNothing()
}

// groupBySolver groups steps by the solver that makes them, in order.
func (r *planner) groupBySolver(of func(i int) bool) [][]int {
	at := map[resource.Provider]int{}
	var groups [][]int
	for _, i := range r.order {
		p := r.Resources[i].Provider()
		if _, solves := p.(resource.Transactor); !solves || !of(i) {
			continue
		}
		k, ok := at[p]
		if !ok {
			k = len(groups)
			at[p] = k
			groups = append(groups, nil)
		}
		groups[k] = append(groups[k], i)
	}
	return groups
}

// fileRefusal records a solver's refusal at the changes that it concerns. Changes after something pending (a
// repository that does not exist yet) may still succeed, so they stay in the plan with a note. An earlier removal does
// not help a removal, unless it may remove a user of the thing.
func (r *planner) fileRefusal(group []int, err error) {
	var each resource.Unsolvable
	named := errors.As(err, &each)
	for _, i := range group {
		s := &r.steps[i]
		why := err
		if named {
			if why = each[s.of.Addr]; why == nil {
				continue
			}
		}
		if s.behind && (s.freed || s.action() != resource.Delete) && (s.open || !errors.Is(why, resource.ErrCertain)) {
			s.remark().unready = why
			s.remark().unsolved = "not possible yet: " + r.oneLine(resource.Advise(why, ""))
			continue
		}
		s.refuse(why)
	}
}
