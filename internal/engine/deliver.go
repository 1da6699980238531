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

// deliver runs owed actions in graph order until no further one can run. An
// action may owe others to later resources.
func (r *run) deliver(ctx context.Context) {
	r.deliverBut(ctx, nil)
}

// deliverBeforePrune delivers the notifications that no removal raises, because
// a run with a failed action removes nothing. The others wait for the removals,
// so that each goes out once.
func (r *run) deliverBeforePrune(ctx context.Context) {
	if len(r.postponed) == 0 || r.interrupted(ctx) || !r.cameOut() {
		return
	}
	waits := map[notify.Owner]bool{}
	for _, i := range r.postponed {
		for _, n := range r.Resources[i].Notifies {
			if t, ok := r.at[n.Target]; ok {
				waits[ownerOf(r.Resources[t])] = true
			}
		}
	}
	r.deliverBut(ctx, waits)
}

// deliverBut is deliver for all but some targets.
func (r *run) deliverBut(ctx context.Context, waits map[notify.Owner]bool) {
	if r.queue.Len() == 0 {
		return
	}
	place := make(map[notify.Owner]int, len(r.order))
	for k, i := range r.order {
		place[ownerOf(r.Resources[i])] = k - len(r.order) // what is not declared comes last
	}
	for {
		var due []notify.Entry
		for _, e := range r.queue.Entries() {
			if !r.held[e.Owner] && !waits[e.Owner] {
				due = append(due, e)
			}
		}
		if len(due) == 0 {
			return
		}
		slices.SortStableFunc(due, func(a, b notify.Entry) int { return place[a.Owner] - place[b.Owner] })
		for _, e := range due {
			if e, ok := r.queue.Get(e.Owner); ok {
				r.deliverTo(ctx, e, resource.Delayed)
			}
		}
	}
}

// deliverTo runs the actions of one entry, or keeps it owed with a reason.
func (r *run) deliverTo(ctx context.Context, e notify.Entry, when resource.Timing) {
	i, declared := r.resourceOf(e.Owner)
	if declared && i >= r.declared { // the target of something that was removed
		r.know(e.Owner, r.Resources[i])
		declared = false
	}
	if !declared {
		r.deliverAbroad(ctx, e)
		return
	}
	if why := r.cannotDeliver(ctx, i); why != "" {
		r.hold(e, why)
		return
	}
	void, err := allSatisfied(ctx, r.Resources[i], e)
	if err == nil && void && r.isMissing(ctx, i) {
		r.drop(ctx, dropped{e, noTarget})
		return
	}
	tried := err == nil && !void
	if tried {
		err = r.runAction(ctx, i, e.Verb)
	}
	if errors.Is(err, resource.ErrQueued) {
		r.held[e.Owner], r.queued[e.Owner] = true, true // it stays owed until a later run has seen it
		return
	}
	if err != nil {
		r.keepOwed(e, err.Error(), tried)
		return
	}
	r.payOff(ctx, notify.Settled{Owners: r.namesFor(e.Owner), Target: r.Resources[i].Addr, Verb: e.Verb, Void: void})
	r.counts.Notified += one(!void)
	r.emit(i, event.Event{Type: event.Notified, Verb: e.Verb, When: string(when), Causes: causes(e), Void: void})
	if !void {
		r.delivered = append(r.delivered, delivered{i: i, entry: e})
		r.afterAction(ctx, i, e.Verb)
	}
}

// cannotDeliver explains why a target must not be notified now; "" if it may.
func (r *run) cannotDeliver(ctx context.Context, i int) string {
	if r.interrupted(ctx) {
		return r.whyStopped()
	}
	switch s := &r.steps[i]; s.state {
	case off:
		return notOfThisRun
	case failed:
		return "it failed"
	case skipped:
		return fmt.Sprintf("it stands on %s, which failed", r.Resources[r.blame[i]].Addr)
	case waiting:
		if !s.plan.Empty() {
			return "its own turn has not come"
		}
	}
	return ""
}

func (r *run) whyStopped() string {
	if errors.Is(r.stop, context.Canceled) {
		return "the run was interrupted"
	}
	return "the run was stopped: " + r.stop.Error()
}

// payOff notes that what was owed to one owner has ended.
func (r *run) payOff(ctx context.Context, s notify.Settled) {
	r.queue.Resolve(s.Owners[len(s.Owners)-1])
	if err := r.Journal.Settled(context.WithoutCancel(ctx), s); err != nil {
		r.stop = &journalError{err}
	}
}

// hold keeps owed what was not sent.
func (r *run) hold(e notify.Entry, why string) { r.keepOwed(e, why, false) }

// keepOwed keeps an entry owed, and tells why: it was not sent, or it was tried and
// failed.
func (r *run) keepOwed(e notify.Entry, why string, tried bool) {
	r.held[e.Owner] = true
	ev := event.Event{
		Type: event.Held, Time: r.Now().Wall, Resource: e.Target.String(), Kind: e.Target.Kind,
		Verb: e.Verb, Causes: causes(e), Error: r.scrub(why), Run: e.Debts[0].Run, Tried: tried,
	}
	r.Events.Emit(ev)
}

// allSatisfied reports whether events have satisfied all debts of an entry: its
// unit was started after the last of the changes, by whatever.
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

func causes(e notify.Entry) []string {
	var out []string
	for _, d := range e.Debts {
		if c := d.Cause.String(); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
