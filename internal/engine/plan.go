package engine

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Plan observes every resource, compares, runs the solvers, and reports what an Apply would do. It changes nothing.
// Its error is ctx's: a fault of one resource is part of the plan.
func Plan(ctx context.Context, o Options) (*Planned, error) {
	s := newSite(o)
	p := &plan{site: s, steps: make([]step, len(o.Resources)), orphanAt: map[int]*orphanStep{}, protected: newProtection(o), gathered: map[resource.Provider][]resource.Change{}}
	out := newReporter(o)
	if err := (&planner{p, out, o}).makePlan(ctx); err != nil {
		return nil, err
	}
	r := planReporter{plan: p, reporter: out, debtTargets: newDebtTargets(s, o), rootCause: map[int]int{}}
	return &Planned{Counts: r.reportPlan(ctx), digest: o.Digest, plan: p}, nil
}

// planner observes the site, and decides what an Apply will do.
type planner struct {
	*plan
	*reporter
	o Options
}

// makePlan fills in the steps.
func (r *planner) makePlan(ctx context.Context) error {
	r.order, _ = r.Graph.Order() // Assemble refuses cycles
	var which []int
	for i, res := range r.Resources {
		s := &r.steps[i]
		s.of = res
		if res.Off || r.Targets != nil && !r.Targets[i] {
			s.state = off
		} else if r.Undo != nil && r.Undo.steps[i].notifyOnly {
			s.state = notifyOnly
		} else {
			if which = append(which, i); res.Audit {
				s.state = audited
			}
		}
	}
	observeAll(ctx, r.Resources, which, func(i int, have cty.Value, err error) {
		s := &r.steps[i]
		if s.state == audited {
			s.fileAudited(r.Resources[i], have, err)
			return
		}
		if s.unseen = err; err != nil && have == cty.NilVal {
			have = resource.Absent
		}
		s.setObserved(have)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	r.refuseChanged(ctx)
	protector{r}.refuseEarly()
	late := lateLinker{plan: r.plan, Lacks: r.o.Lacks}
	late.linkPackages(ctx)
	late.linkSources()
	r.planRemovals(ctx)
	r.findProbed()
	r.markTentative()
	if refused := r.solve(ctx); (protector{r}).refuseSideEffects(ctx) || refused {
		r.markTentative() // for resources that depend on a refused package
	}
	r.solveRemovals(ctx)
	r.annotate(ctx)
	keepForHeirs(r)
	r.leaveRefused()
	return ctx.Err()
}

// markTentative decides, in order, which forecasts are tentative: those after a pending change that affects their
// observation and, for resources whose observation reads more than the thing itself, those after any pending change. A
// failed observation with a pending prerequisite (its folder does not exist yet) is no error: it is forecast as a
// creation. A missing unit is an error, unless a pending prerequisite may provide it.
func (r *planner) markTentative() {
	const (
		pending  = 1 << iota // it or a prerequisite will change
		moving               // and that change alters the observations of others
		opaque               // and its effects are not known
		stopping             // and it ends something that others may use
		bringing             // and it may add things that it does not name
		acting               // and an action or a check that it makes due may run before what follows
	)
	marks := make([]uint8, len(r.steps))
	for _, i := range r.order {
		s := &r.steps[i]
		var behind uint8
		for e := range r.Graph.Before(i) {
			if !e.Reason.Room {
				behind |= marks[e.From]
			}
		}
		if s.state.idle() {
			marks[i] = behind
			s.behind = s.state == audited && behind&pending != 0
			s.tentative = s.behind && !r.isProbe(i) && (behind&moving != 0 || asks(r.Resources[i]))
			continue
		}
		s.behind, s.freed = behind&pending != 0, behind&(moving|stopping) != 0
		s.afterActs = behind&acting != 0
		if s.err = s.notable().refused; s.err == nil && !s.behind {
			s.err = s.notable().unready // what might have helped fails
		}
		if s.err == nil && (!s.behind || behind&bringing == 0 && r.lacksPart(i) && !r.isPartPending(i)) {
			s.err = s.unseen
		}
		s.tentative = !r.isProbe(i) && (behind&moving != 0 || s.behind && (asks(r.Resources[i]) || s.notable().lacks != ""))
		s.open = behind&opaque != 0
		marks[i] = behind
		if s.behind && r.isProbe(i) {
			marks[i] |= acting
		}
		if s.err == nil && !s.needsNothing() {
			marks[i] |= pending
			if len(r.Resources[i].Notifies) > 0 {
				marks[i] |= acting
			}
			if r.Resources[i].Kind.Opaque {
				marks[i] |= opaque
			}
			if moves(r.Resources[i], s.plan()) {
				marks[i] |= moving
			}
			if r.mayBring(i) {
				marks[i] |= bringing
			}
			if r.Resources[i].Links().Retires {
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
		f, err := Fingerprint(s.plan().Have)
		if err != nil {
			return nil, fmt.Errorf("cannot take the fingerprint of %s: %w", s.of.Addr, err)
		}
		m[s.of.Addr] = f
	}
	return m, nil
}

// planRemovals adds the steps that the site does not declare: the removal of orphans, the retirement of units that end
// with them or with a thing declared absent, and the targets of their notifications. All are planned and applied as
// declared resources are.
func (r *planner) planRemovals(ctx context.Context) {
	orphans := orphanReviewer{planner: r}
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
