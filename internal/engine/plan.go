package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// Plan observes every resource, compares, runs the solvers, and reports what an
// Apply would do. It changes nothing. The error is ctx's alone: a fault of one
// resource is part of the plan.
func Plan(ctx context.Context, o Options) (*Planned, error) {
	s := newSite(o)
	p := &plan{site: s, steps: make([]step, len(o.Resources)), orphanAt: map[int]*orphanStep{}}
	out := newReporter(o)
	if err := (&planner{plan: p, reporter: out, Lacks: o.Lacks, Orphans: o.Orphans, Prune: o.Prune, written: o.Written}).makePlan(ctx); err != nil {
		return nil, err
	}
	r := planReporter{plan: p, reporter: out, debtTargets: newDebtTargets(s, o), Unchanged: o.Unchanged, rootCause: map[int]int{}}
	return &Planned{Counts: r.reportPlan(ctx), digest: o.Digest, plan: p}, nil
}

// planner observes the site, and decides what an Apply will do.
type planner struct {
	*plan
	*reporter
	Lacks   func(ctx context.Context, key string) bool
	Orphans []Orphan
	Prune   bool
	written lastWritten
}

// makePlan fills in the steps.
func (r *planner) makePlan(ctx context.Context) error {
	r.order, _ = r.Graph.Order() // Link refuses cycles
	var which []int
	for i, res := range r.Resources {
		switch {
		case res.Off, r.Targets != nil && !r.Targets[i]:
			r.steps[i] = step{state: off, plan: resource.Change{Addr: res.Addr, Action: resource.None}}
		case r.Undo != nil && r.Undo.steps[i].notifyOnly:
			r.steps[i] = step{state: notifyOnly, plan: resource.Change{Addr: res.Addr, Action: resource.None}}
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
	late := lateLinker{plan: r.plan, Lacks: r.Lacks}
	late.linkPackages(ctx)
	late.linkSources()
	r.planRemovals(ctx)
	r.markTentative()
	if r.solve(ctx) {
		r.markTentative() // what stood behind a package that will not come
	}
	removals := removalSolver{r}
	removals.solveRemovals(ctx)
	r.annotate(ctx)
	removals.leaveRefused()
	return ctx.Err()
}

// markTentative decides, in order, which forecasts are tentative: those after a pending
// change that affects their observation, and those that ask, after any. A failed
// observation with a pending prerequisite (its folder or its unit does not exist
// yet) is no error: it is forecast as a creation.
func (r *planner) markTentative() {
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
		r.Graph.Before(i, func(e graph.Edge[assembly.Reason]) bool {
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

// Fingerprints returns, for a saved plan, the fingerprint of every resource's
// observed state.
func (p *Planned) Fingerprints() (map[resource.Addr]string, error) {
	m := make(map[resource.Addr]string, len(p.plan.steps))
	for i := range p.plan.steps {
		s := &p.plan.steps[i]
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
	for _, i := range p.plan.order {
		if s := &p.plan.steps[i]; !s.state.idle() && s.err == nil && !s.plan.Empty() {
			cs = append(cs, s.plan)
		}
	}
	return slices.Clip(cs)
}

// planRemovals adds the steps that the site does not declare: the removal of
// orphans, the retirement of units that end with them or with what is declared
// absent, and the targets of their notifications. All are planned and applied as
// declared resources are.
func (r *planner) planRemovals(ctx context.Context) {
	orphans := orphanReviewer{plan: r.plan, reporter: r.reporter, Orphans: r.Orphans, Prune: r.Prune, written: r.written}
	orphans.review(ctx)
	b := removalBuilder{plan: r.plan, purged: orphans.purged, first: len(r.Resources), retired: map[string]int{}}
	b.addOrphans()
	b.retire(ctx)
	if len(b.rs) == 0 {
		return
	}
	b.orderRemovals()
	b.emptyFirst()
	b.addTargets()
	b.join()
	b.postponeBehind()
}
