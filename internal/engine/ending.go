package engine

import (
	"context"
	"errors"
	"slices"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// ending is a requested action that ends everything that runs. It stays owed until a later run sees that it happened.
type ending struct {
	i     int
	entry notify.Entry
	when  resource.Timing
}

// endings are the requested actions of a run that end everything that runs.
type endings struct {
	*debtBook
	requested []ending
}

// errEnds ends a run early, because an action that ends everything that runs was
// requested in place.
var errEnds = errors.New("a reboot comes before the rest")

// errEndsNothing is the error of an action in place in a run in which something has failed.
var errEndsNothing = errors.New("it is needed before what comes after it, and a run in which something has failed does not end in a reboot")

func enderOf(res *resource.Resource) (resource.Ender, bool) {
	if res == nil {
		return nil, false
	}
	p, ok := res.Provider().(resource.Ender)
	return p, ok
}

// isEnding reports whether the action of an owner ends everything that runs.
func (r *debtTargets) isEnding(o notify.Owner) bool {
	i, declared := r.resourceOf(o)
	if !declared {
		return false
	}
	_, ends := enderOf(r.site.Resources[i])
	return ends
}

// isInPlace reports whether the action of a resource ends everything that runs, and has to do so in the resource's
// turn.
func (r *site) isInPlace(i int) bool {
	res := r.Resources[i]
	_, ends := enderOf(res)
	return ends && res.Kind.InPlace != nil && res.Kind.InPlace(res.Want)
}

// requestEnd requests an action instead of carrying it out. In place it ends the run; if that is not possible,
// resources after it must not be changed.
func (r *endings) requestEnd(ctx context.Context, p resource.Ender, i int, e notify.Entry, when resource.Timing) {
	inPlace := when == resource.Immediately
	e, err := openDebts(ctx, r.Resources[i], e)
	if err != nil {
		r.keepOwed(e, err.Error(), false)
		return
	}
	if inPlace && r.counts.Failed+r.counts.Skipped > 0 {
		err = errEndsNothing
	} else {
		err = p.Request(ctx, r.Resources[i].Want, causes(e))
	}
	switch {
	case err == nil:
		r.held[e.Owner], r.queued[e.Owner] = true, true
		r.requested = append(r.requested, ending{i, e, when})
		if inPlace {
			r.stop = errEnds
		}
	case errors.Is(err, resource.ErrNotYet) && !inPlace:
		r.keepOwed(e, err.Error(), false)
	default:
		r.held[e.Owner] = true
		r.fail(i, err)
	}
}

// openDebts returns an entry without the debts that events have settled since: their changes no longer cause the
// action.
func openDebts(ctx context.Context, res *resource.Resource, e notify.Entry) (notify.Entry, error) {
	var open []notify.Debt
	for _, d := range e.Debts {
		void, err := isSatisfied(ctx, res, e.Verb, d.Since)
		if err != nil {
			return e, err
		}
		if !void {
			open = append(open, d)
		}
	}
	e.Debts = open
	return e, nil
}

// endDeliverer delivers requests of actions that end everything that runs.
type endDeliverer struct{ *deliverer }

// deliverInTurn delivers the notifications that follow a resource's own step.
func (r endDeliverer) deliverInTurn(ctx context.Context, i int) {
	if r.isInPlace(i) {
		r.endInPlace(ctx, i)
	} else {
		r.deliverUrgent(ctx, i)
	}
}

// endInPlace delivers, in the turn of a resource, the debts to it and what the machine
// itself requires.
func (r endDeliverer) endInPlace(ctx context.Context, i int) {
	owner := ownerOf(r.Resources[i])
	if e, owed := r.queue.Get(owner); owed && !r.held[owner] && !r.interrupted(ctx) {
		r.deliverTo(ctx, e, resource.Immediately)
	}
	if r.requireEnd(ctx, i) {
		e, _ := r.queue.Get(owner)
		r.deliverTo(ctx, e, resource.Immediately)
	}
}

// requireEnds delivers the actions that the machine itself requires, now that all
// changes are made.
func (r endDeliverer) requireEnds(ctx context.Context) {
	for _, i := range r.order {
		if r.requireEnd(ctx, i) {
			e, _ := r.queue.Get(ownerOf(r.Resources[i]))
			r.deliverTo(ctx, e, resource.Delayed)
		}
	}
}

// requireEnd asks whether the machine itself requires the action of a resource, owes it,
// and reports whether it is to be delivered.
func (r *endings) requireEnd(ctx context.Context, i int) bool {
	res, s := r.Resources[i], &r.steps[i]
	p, ends := enderOf(res)
	owner := ownerOf(res)
	if !ends || !takesActions(res) || s.state.idle() || s.state == failed || s.state == skipped || s.state == waiting || r.interrupted(ctx) {
		return false
	}
	why, err := p.Require(ctx, res.Want)
	if err != nil {
		r.fail(i, err)
		return false
	}
	if _, owed := r.queue.Get(owner); owed || why == "" {
		return false
	}
	return r.begin(ctx, nil, []notify.Debt{{
		Target: res.Addr, Thing: res.Key, Verb: res.Kind.Verbs[0], Cause: res.Addr, Run: r.Run, Since: r.Now(),
	}})
}

// concludeEndings decides, at the end of a run, whether the requested actions follow. They stay owed if something in
// the run has failed.
func (r *endings) concludeEndings(ctx context.Context) {
	if len(r.requested) == 0 {
		return
	}
	why := r.whyNoEnding(ctx)
	for _, x := range r.requested {
		if why != "" {
			delete(r.queued, x.entry.Owner)
			r.keepOwed(x.entry, why, false)
			continue
		}
		res := r.Resources[x.i]
		r.emit(res, event.Event{
			Type: event.Ending, Verb: x.entry.Verb, Causes: causes(x.entry), When: string(x.when),
			Notes: review(ctx, res, changeOf(res, resource.Run), resource.Outlook{Ask: resource.AskAction, Verb: x.entry.Verb}).Notes,
		})
	}
	r.result.Ends = why == ""
}

// whyNoEnding explains why no requested action follows this run; "": they follow.
func (r *endings) whyNoEnding(ctx context.Context) string {
	open := func(e notify.Entry) bool { return r.held[e.Owner] && !r.queued[e.Owner] }
	switch {
	case ctx.Err() != nil:
		return "the run was interrupted"
	case r.stop != nil && !errors.Is(r.stop, errEnds):
		return r.whyStopped()
	case r.counts.Failed+r.counts.Skipped > 0, r.stop == nil && slices.ContainsFunc(r.queue.Entries(), open):
		return "a run in which something has failed, or is held, does not end in a reboot"
	}
	return ""
}

// forecastEnds adds the actions that the machine itself requires to the debts of a plan, and reports those that will
// fail.
func (r *planReporter) forecastEnds(ctx context.Context, q *notify.Queue, timing map[notify.Owner]resource.Timing) {
	for _, i := range r.order {
		res := r.Resources[i]
		p, ends := enderOf(res)
		_, lost := r.rootCause[i]
		if !ends || lost || !takesActions(res) || r.steps[i].state.idle() {
			continue
		}
		owner := ownerOf(res)
		if r.isInPlace(i) {
			timing[owner] = resource.Immediately
		}
		why, err := p.Require(ctx, res.Want)
		if err != nil {
			r.counts.Failed++
			r.emit(res, event.Event{Type: event.Failed, Error: r.Scrub(err.Error())})
			continue
		}
		if _, owed := q.Get(owner); !owed && why != "" {
			q.Add(notify.Debt{Target: res.Addr, Thing: res.Key, Verb: res.Kind.Verbs[0], Cause: res.Addr}, 0)
		}
	}
}
