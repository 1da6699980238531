package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// deliverer delivers notifications: it runs actions of targets before a change,
// right after it, or when all changes are made.
type deliverer struct {
	*endings
	urgent    map[int]bool             // targets whose actions run right after their own step
	before    map[resource.Addr]string // verbs that were run ahead of a change that is not made yet
	delivered []delivered              // actions of this run whose effect may not have lasted
}

// deliverUrgent delivers the notifications that wait for the resource's own step.
func (r *deliverer) deliverUrgent(ctx context.Context, i int) {
	if r.urgent[i] && !r.interrupted(ctx) {
		delete(r.urgent, i)
		if e, ok := r.queue.Get(ownerOf(r.Resources[i])); ok {
			r.deliverTo(ctx, e, resource.Immediately)
		}
	}
}

// delivered is an action that was run.
type delivered struct {
	i     int
	entry notify.Entry
}

// deliverBeforePrune delivers the notifications that no removal raises, because a run with a failed action removes
// nothing. Notifications that a removal raises, too, wait for it, so that each is delivered once. So do those to
// targets that have their turn after the removals.
func (r *deliverer) deliverBeforePrune(ctx context.Context) {
	if len(r.postponed) == 0 || r.interrupted(ctx) || !r.isAllRight() {
		return
	}
	waits := map[notify.Owner]bool{}
	for _, i := range r.postponed {
		waits[ownerOf(r.Resources[i])] = true
		for _, n := range r.Resources[i].Notifies {
			if t, ok := r.at.find(n.Target); ok {
				waits[ownerOf(r.Resources[t])] = true
			}
		}
	}
	r.deliverEach(ctx, func(o notify.Owner) bool { return !waits[o] && !r.isEnding(o) })
}

// deliver runs owed actions in graph order until no further one can run, except those of targets in waits. An action
// may raise notifications of later resources.
func (r *deliverer) deliver(ctx context.Context, waits map[notify.Owner]bool) {
	r.deliverEach(ctx, func(o notify.Owner) bool { return !waits[o] })
}

// deliverEach is deliver for the chosen owners. Probes are asked last, so that they judge the result of all actions.
func (r *deliverer) deliverEach(ctx context.Context, chosen func(notify.Owner) bool) {
	if r.queue.Len() == 0 {
		return
	}
	place := make(map[notify.Owner]int, len(r.order))
	for k, i := range r.order {
		place[ownerOf(r.Resources[i])] = k - len(r.order) // undeclared targets come last
	}
	for {
		var due []notify.Entry
		for _, e := range r.queue.Entries() {
			if !r.held[e.Owner] && chosen(e.Owner) {
				due = append(due, e)
			}
		}
		if len(due) == 0 {
			return
		}
		if slices.ContainsFunc(due, r.isAction) {
			due = slices.DeleteFunc(due, func(e notify.Entry) bool { return !r.isAction(e) })
		}
		slices.SortStableFunc(due, func(a, b notify.Entry) int { return place[a.Owner] - place[b.Owner] })
		for _, e := range due {
			if e, ok := r.queue.Get(e.Owner); ok {
				r.deliverTo(ctx, e, resource.Delayed)
			}
		}
	}
}

// delivery is an entry of the queue whose turn has come.
type delivery struct {
	i        int                // index of the resource, if declared
	res      *resource.Resource // nil: this run does not know it
	target   resource.Addr
	declared bool
	entry    notify.Entry
	when     resource.Timing
}

// deliverTo runs the action of one entry, or keeps it owed with a reason. It drops the debt to a thing that no longer
// exists.
func (r *deliverer) deliverTo(ctx context.Context, e notify.Entry, when resource.Timing) {
	if i, declared := r.resourceOf(e.Owner); declared && r.isProbe(i) {
		r.deliverProbe(ctx, i, e)
		return
	}
	if settleTakenBack(ctx, r, e) {
		return
	}
	d := addressEntry(r, e, when)
	if why := r.cannotDeliver(ctx, d.i, d.res, d.declared); why != "" {
		r.keepOwed(e, why, false)
		return
	}
	void, gone, err := r.isNeedless(ctx, d.res, e, d.declared)
	tried := err == nil && gone == "" && !void
	if p, ends := enderOf(d.res); ends && tried {
		r.requestEnd(ctx, p, d.i, e, when)
		return
	}
	if tried {
		tried, err = actFor(ctx, r, d)
	}
	if !d.declared && errors.Is(err, resource.ErrMissing) {
		gone = notThere
	}
	switch {
	case errors.Is(err, resource.ErrQueued):
		r.held[e.Owner], r.queued[e.Owner] = true, true // it stays owed until a later run sees the result
	case gone != "":
		r.drop(ctx, dropped{e, gone})
	case err != nil:
		r.keepOwed(e, err.Error(), tried)
	default:
		settleDelivered(ctx, r, d, void)
	}
}

// addressEntry finds the target of an entry.
func addressEntry(r *deliverer, e notify.Entry, when resource.Timing) delivery {
	d := delivery{entry: e, when: when}
	d.i, d.declared = r.resourceOf(e.Owner)
	if d.declared && d.i >= r.declared { // the target of a removed thing
		r.foreign[e.Owner] = r.Resources[d.i]
		d.declared = false
	}
	d.res, d.target = r.foreign[e.Owner], e.Target
	if d.declared {
		d.res, d.target = r.Resources[d.i], r.Resources[d.i].Addr
	}
	return d
}

// actFor runs the action; tried is false if it could not begin.
func actFor(ctx context.Context, r *deliverer, d delivery) (tried bool, err error) {
	if d.declared {
		return r.runAction(ctx, d.i, d.entry.Verb)
	}
	return true, r.actOn(ctx, d.res, d.entry.Verb)
}

// settleDelivered settles the debts of an entry whose action was run or is void, and reports that.
func settleDelivered(ctx context.Context, r *deliverer, d delivery, void bool) {
	e := d.entry
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(e.Owner), Target: d.target, Verb: e.Verb, Void: void})
	r.counts.Notified += one(!void)
	ev := event.Event{Type: event.Notified, Verb: e.Verb, When: string(d.when), Causes: causes(e), Void: void}
	if !d.declared {
		ev.When, ev.Notes = string(resource.Delayed), []string{noteUndeclared}
		r.emitOf(d.target, ev)
		return
	}
	r.emit(d.res, ev)
	if !void {
		r.delivered = append(r.delivered, delivered{i: d.i, entry: e})
		r.checkAfterAction(ctx, d.i, e.Verb)
	}
}

// isNeedless reports whether an action is void, or why it cannot have an effect.
func (r *deliverer) isNeedless(ctx context.Context, res *resource.Resource, e notify.Entry, declared bool) (void bool, gone string, err error) {
	if !declared {
		if gone, err = whyGone(ctx, res, e.Verb); err != nil || gone != "" {
			return false, gone, err
		}
	}
	void, err = allSatisfied(ctx, res, e)
	if declared && err == nil && void && isMissing(ctx, res) {
		gone = noTarget
	}
	return void, gone, err
}

// cannotDeliver explains why a target must not be notified now; "" if it may be.
func (r *deliverer) cannotDeliver(ctx context.Context, i int, res *resource.Resource, declared bool) string {
	if r.interrupted(ctx) {
		return r.whyStopped()
	}
	if res == nil {
		return notOfThisRun
	}
	if !declared {
		return ""
	}
	switch s := &r.steps[i]; s.state {
	case off:
		return notOfThisRun
	case failed:
		return "it failed"
	case skipped:
		return fmt.Sprintf("it depends on %s, which failed", r.Resources[r.rootCause[i]].Addr)
	case waiting:
		if !s.needsNothing() {
			return "its own turn has not come"
		}
	}
	return ""
}

// allSatisfied reports whether events outside this delivery have satisfied all debts of an entry: its unit was started
// after the last of the changes.
func allSatisfied(ctx context.Context, target *resource.Resource, e notify.Entry) (bool, error) {
	for _, d := range e.Debts {
		void, err := isSatisfied(ctx, target, e.Verb, d.Since)
		if err != nil || !void {
			return false, err
		}
	}
	return true, nil
}

func isSatisfied(ctx context.Context, target *resource.Resource, verb string, since resource.Instant) (bool, error) {
	a, ok := target.Provider().(resource.Actor)
	if !ok {
		return false, nil
	}
	return a.Satisfied(ctx, target.Want, verb, since)
}

const (
	notOfThisRun   = "it is not part of this run"
	notThere       = "it is not there any more, and not declared either"
	noteUndeclared = "it is not declared any more"
	noTarget       = "the target does not exist"
)

// oweAgain owes the actions again whose results did not last: after a restart the service died. An interrupt does not
// prevent that.
func (r *deliverer) oweAgain(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	all := r.delivered
	r.delivered = nil
	for _, d := range all {
		res := r.Resources[d.i]
		err := r.steps[d.i].notable().verdict
		if !errors.Is(err, resource.ErrShortLived) {
			continue
		}
		if _, again := r.queue.Get(d.entry.Owner); again {
			continue // it is owed anyway
		}
		c := resource.Change{Addr: res.Addr, Action: resource.Run, Have: resource.Absent, Want: resource.Absent}
		now, debts := r.Now(), slices.Clone(d.entry.Debts)
		for k := range debts {
			debts[k].Since = now
		}
		if !r.begin(ctx, []resource.Change{c}, debts) || !r.done(ctx, c, now, err) {
			return
		}
		r.keepOwed(d.entry, "it "+resource.ErrShortLived.Error(), true)
	}
}
