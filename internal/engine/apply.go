package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// Apply makes the changes that p forecast; p must not be used again. The error is about the run itself (the journal
// cannot be written); failed resources are in the Result.
func Apply(ctx context.Context, o Options, p *Planned) (Result, error) {
	r := newApplyRun(o, p.plan)
	lost := r.takeOver(&r.queue)
	r.walk(ctx)
	if !r.interrupted(ctx) && r.revisit(ctx) {
		r.walk(ctx)
	}
	r.deliverBeforePrune(ctx)
	r.restBeforePrune(ctx)
	r.prune(ctx)
	r.failLeft(ctx)
	for _, d := range lost {
		r.drop(ctx, d)
	}
	r.deliver(ctx, nil)
	endDeliverer{r.deliverer}.requireEnds(ctx)
	r.finishMachine(ctx)
	r.prove(ctx)
	auditor{r.planGuard}.conclude(ctx)
	return r.finish(ctx)
}

// applyRun is one Apply from beginning to end: it visits the graph and makes the applier change what is ready, observes
// the changed resources again, and removes orphans.
type applyRun struct {
	*applier
}

// newApplyRun continues from a plan, which must not be used again.
func newApplyRun(o Options, planned *plan) *applyRun {
	p, s := *planned, *planned.site
	s.Resources = slices.Clone(s.Resources)
	p.site = &s
	for _, i := range p.postponed {
		if p.steps[i].state == waiting && p.steps[i].err == nil { // foreseen failures happen before anything is removed
			p.steps[i].state = postponed
		}
	}
	noteMakingRoom(&p)
	far := &progress{plan: &p, reporter: newReporter(o), rootCause: map[int]int{}}
	book := &debtBook{
		progress: far, debtTargets: newDebtTargets(p.site, o),
		held: map[notify.Owner]bool{}, queued: map[notify.Owner]bool{},
	}
	return &applyRun{&applier{
		deliverer: &deliverer{endings: &endings{debtBook: book}, urgent: map[int]bool{}, before: map[resource.Addr]string{}},
		planGuard: &planGuard{far, o},
	}}
}

func (r *applyRun) finish(ctx context.Context) (Result, error) {
	r.concludeEndings(ctx)
	r.renameOwed(ctx)
	for _, e := range r.queue.Entries() { // jobs handed to the init system run after this run
		r.counts.Held += one(!r.queued[e.Owner] && !r.isReported(e.Owner))
	}
	r.counts.Queued = len(r.result.Queued)
	r.counts.Also, r.counts.Off = len(r.also), r.countOff()
	for i := range r.steps {
		if i < r.declared && (r.steps[i].state == audited || !r.steps[i].state.idle()) {
			r.counts.Resources++
			r.counts.Left += one(r.steps[i].alone && r.steps[i].state == untouched)
		}
	}
	r.result.Counts = r.counts
	if r.unrecorded != nil && r.counts.Changed()+r.counts.Notified+r.counts.Failed == 0 {
		r.result.Exit = 1
	} else if ctx.Err() != nil || r.result.Ends && errors.Is(r.stop, errEnds) {
		r.result.Exit = 130
	} else if r.counts.Failed > 0 || r.counts.Held > 0 || r.stop != nil {
		r.result.Exit = 3
	}
	r.reportQueued()
	r.Events.Emit(event.Event{
		Type: event.RunFinished, Time: r.Now().Wall, Run: r.Run, Mode: "apply",
		Counts: &r.counts, Proved: r.result.Proved, Exit: r.result.Exit,
		Recurring: r.result.Recurring, Partial: r.Targets != nil, Altered: r.result.Altered.Files, Facts: r.result.Altered.Facts,
		Ends: r.result.Ends,
	})
	return r.result, r.unrecorded
}

// reportQueued reports each queued job at its resource: the one whose provider may queue jobs and whose label is the
// name in the key.
func (r *applyRun) reportQueued() {
	for _, q := range r.result.Queued {
		_, name, _ := strings.Cut(q.Key, ":")
		e := event.Event{Type: event.Queued, Time: r.Now().Wall, Resource: name, Verb: q.Verb, Message: q.Key, Causes: []string{q.For}}
		for _, res := range r.Resources {
			if r.Machine.finishes(res.Provider()) && res.Label() == name {
				e.Resource, e.Kind = res.Addr.String(), res.Addr.Kind
				break
			}
		}
		r.Events.Emit(e)
	}
}
