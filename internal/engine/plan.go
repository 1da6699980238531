package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/graph"
	"converge/internal/resource"
)

// Plan observes every resource, compares, runs the solvers, and reports what an
// Apply would do. It changes nothing. The error is ctx's alone: a fault of one
// resource is part of the plan.
func Plan(ctx context.Context, o Options) (*Planned, error) {
	r := newRun(o)
	r.steps = make([]step, len(o.Resources))
	r.indexAddresses()
	if err := r.plan(ctx); err != nil {
		return nil, err
	}
	p := &Planned{digest: r.Digest, site: r.Resources, graph: r.Graph, order: r.order, also: r.also}
	p.Counts = r.reportPlan(ctx)
	p.steps, p.orphans, p.postponed, p.at, p.forecasts = r.steps, r.orphans, r.postponed, r.at, r.forecasts
	return p, nil
}

// indexAddresses finds resources by their addresses, also those that were joined
// to others.
func (r *run) indexAddresses() {
	r.at = make(map[resource.Addr]int, len(r.Resources))
	for i, res := range r.Resources {
		r.at[res.Addr] = i
		for _, a := range res.Also {
			r.at[a] = i
		}
	}
}

// plan fills in the steps.
func (r *run) plan(ctx context.Context) error {
	r.order, _ = r.Graph.Order() // Link refuses cycles
	var which []int
	for i, res := range r.Resources {
		switch {
		case res.Off, r.Targets != nil && !r.Targets[i]:
			r.steps[i] = step{state: off, plan: resource.Change{Addr: res.Addr, Action: resource.None}}
		case r.Undo != nil && r.Undo.steps[i].told:
			r.steps[i] = step{state: told, plan: resource.Change{Addr: res.Addr, Action: resource.None}}
		default:
			which = append(which, i)
		}
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		r.steps[i].unseen = err
		if err == nil {
			r.steps[i].plan = resource.Diff(r.Resources[i], have)
		} else {
			r.steps[i].plan = resource.Diff(r.Resources[i], resource.Absent)
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	r.refuseChanged(ctx)
	r.linkPackages(ctx)
	r.linkSources()
	r.planRemovals(ctx)
	r.markTentative()
	if r.solve(ctx) {
		r.markTentative() // what stood behind a package that will not come
	}
	r.solveRemovals(ctx)
	r.annotate(ctx)
	r.leaveRefused()
	return ctx.Err()
}

// markTentative decides, in order, which forecasts are tentative: those after a pending
// change that affects their observation, and those that ask, after any. A failed
// observation with a pending prerequisite (its folder or its unit does not exist
// yet) is no error: it is forecast as a creation.
func (r *run) markTentative() {
	const (
		pending  = 1 << iota // it or a prerequisite will change
		moving               // and that change alters what others are seen to be
		opaque               // and nobody can tell all that it alters
		stopping             // and it ends something that may be in use by others
	)
	marks := make([]uint8, len(r.steps))
	for _, i := range r.order {
		s := &r.steps[i]
		var behind uint8
		r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
			behind |= marks[e.From]
			return behind != pending|moving|opaque|stopping
		})
		if s.state.idle() {
			marks[i] = behind
			continue
		}
		s.behind, s.freed = behind&pending != 0, behind&(moving|stopping) != 0
		switch {
		case s.refused != nil:
			s.err = s.refused
		case s.behind:
			s.err = nil
		case s.unready != nil: // what might have helped fails
			s.err = s.unready
		default:
			s.err = s.unseen
		}
		s.tentative = behind&moving != 0 || s.behind && (asks(r.Resources[i]) || s.lacks != "")
		s.open = behind&opaque != 0
		marks[i] = behind
		if s.err == nil && !s.plan.Empty() {
			marks[i] |= pending
			if r.Resources[i].Kind.Opaque {
				marks[i] |= opaque
			}
			if moves(r.Resources[i], s.plan) {
				marks[i] |= moving
			}
			if k := r.Resources[i].Kind; k.Links != nil && k.Links(r.Resources[i].Want).Retires {
				marks[i] |= stopping
			}
		}
	}
}

// solve asks each solver once for the whole answer to all of its changes, and
// reports whether one refused any.
func (r *run) solve(ctx context.Context) (refused bool) {
	for _, g := range r.byProvider() {
		p := r.Resources[g[0]].Provider()
		if _, ok := p.(resource.Transactor); !ok {
			continue
		}
		f, err := r.askSolver(ctx, p, g)
		r.takeForecast(p, g, f)
		if err != nil {
			r.unsolved(g, err)
			refused = true
		}
	}
	return refused
}

// askSolver asks a transactor for the forecast of some steps.
func (r *run) askSolver(ctx context.Context, p resource.Provider, steps []int) (resource.Forecast, error) {
	cs := make([]resource.Change, len(steps))
	for k, i := range steps {
		cs[k] = r.steps[i].plan
	}
	f, err := p.(resource.Transactor).Solve(ctx, cs)
	if f.Changes != nil || err != nil {
		for _, i := range steps {
			r.steps[i].solved = true
		}
	}
	return f, err
}

// takeForecast takes a solver's forecast of some steps into the plan. A solver
// that refuses some of the changes still answers for the rest.
func (r *run) takeForecast(p resource.Provider, steps []int, f resource.Forecast) {
	if len(f.Changes) != len(steps) {
		return
	}
	for k, i := range steps {
		r.steps[i].plan = f.Changes[k]
	}
	for _, c := range f.Also {
		r.also = append(r.also, sideEffect{change: c, by: p})
	}
}

// byProvider groups the steps that will change by their provider, in order.
func (r *run) byProvider() [][]int {
	at := map[resource.Provider]int{}
	var groups [][]int
	for _, i := range r.order {
		s := &r.steps[i]
		if s.state.idle() || s.err != nil || s.plan.Empty() || i >= r.declared {
			continue
		}
		p := r.Resources[i].Provider()
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

// unsolved files a solver's refusal under the changes it is about. Those that
// stand behind something pending (a repository that is not there yet) may
// still come right, so they stay in the plan and say so. What is to go is not
// helped by what else goes before it, unless that may be what uses it.
func (r *run) unsolved(group []int, err error) {
	var each resource.Unsolvable
	named := errors.As(err, &each)
	for _, i := range group {
		s := &r.steps[i]
		why := err
		if named {
			if why = each[s.plan.Addr]; why == nil {
				continue
			}
		}
		if s.behind && (s.freed || s.plan.Action != resource.Delete) && (s.open || !errors.Is(why, resource.ErrCertain)) {
			s.unready = why
			s.unsolved = "not known to the solver yet: " + r.oneLine(why)
			continue
		}
		s.refused = why
	}
}

// annotate collects the providers' forecasts for their changes: certain failures,
// and notes. A resource behind a certain failure has no turn, so it has none.
func (r *run) annotate(ctx context.Context) {
	r.expect()
	lost := map[int]int{}
	brings := false // something pending may bring what no resource is
	for _, i := range r.order {
		s := &r.steps[i]
		_, behind := r.behindLost(i, lost)
		if s.state.idle() || s.err != nil || behind {
			if behind || s.err != nil && r.Resources[i].OnFailure != resource.FailContinue {
				lost[i] = i
			}
			continue
		}
		if s.plan.Empty() {
			r.noteOwner(ctx, i)
			continue
		}
		found := r.reviewStep(ctx, i, s.plan)
		s.err = found.Blocked
		if brings && errors.Is(s.err, resource.ErrMissing) {
			s.plan.Notes = append(s.plan.Notes, r.oneLine(s.err)+": it fails unless something before it brings that")
			s.err = nil
		}
		if s.err != nil {
			s.foreseen = true
			if r.Resources[i].OnFailure != resource.FailContinue {
				lost[i] = i
			}
			continue
		}
		brings = brings || r.Resources[i].Kind.Opaque
		s.removes = found.Removes
		s.plan.Notes = append(s.plan.Notes, found.Notes...)
		r.noteFollowers(ctx, s)
		r.noteLacking(ctx, i)
	}
}

// noteOwner adds the owner to the plan of a thing that another tool holds, and
// the remarks on one that needs nothing.
func (r *run) noteOwner(ctx context.Context, i int) {
	s := &r.steps[i]
	found := r.reviewStep(ctx, i, s.plan)
	if found.Owner != "" {
		s.plan.Notes, s.alone = append(s.plan.Notes, found.Owner), true
	}
	s.plan.Notes = append(s.plan.Notes, found.Notes...)
}

// Fingerprints returns, for a saved plan, the fingerprint of every resource's
// observed state.
func (p *Planned) Fingerprints() (map[resource.Addr]string, error) {
	m := make(map[resource.Addr]string, len(p.steps))
	for i := range p.steps {
		s := &p.steps[i]
		if s.state.idle() {
			continue
		}
		f, err := Fingerprint(s.plan.Have)
		if err != nil {
			return nil, fmt.Errorf("cannot take the fingerprint of %s: %w", s.plan.Addr, err)
		}
		m[s.plan.Addr] = f
	}
	return m, nil
}

// Changes returns the forecast changes that are not empty, in graph order.
func (p *Planned) Changes() []resource.Change {
	var cs []resource.Change
	for _, i := range p.order {
		if s := &p.steps[i]; !s.state.idle() && s.err == nil && !s.plan.Empty() {
			cs = append(cs, s.plan)
		}
	}
	return slices.Clip(cs)
}
