package engine

import (
	"context"
	"slices"

	"converge/internal/event"
	"converge/internal/graph"
	"converge/internal/notify"
	"converge/internal/resource"
)

// forecastActions tells which actions an Apply would deliver: what earlier
// runs left owed, and what the forecast changes will owe.
func (r *run) forecastActions(ctx context.Context) {
	q := notify.Queue{}
	lost := r.takeOver(&q)
	timing := map[notify.Owner]resource.Timing{}
	for _, i := range r.order {
		s := &r.steps[i]
		if _, lost := r.blame[i]; lost || s.state == off || s.state == postponed || s.err != nil {
			continue
		}
		// Everything that notifies i comes before it, so its entry is whole.
		_, told := q.Get(ownerOf(r.Resources[i]))
		if (s.plan.Empty() || r.isQuiet(i, s.plan)) && !told {
			continue
		}
		for _, n := range r.Resources[i].Notifies {
			target := r.Resources[r.at[n.Target]]
			if target.Off {
				continue
			}
			if n.When == resource.Before {
				r.forecastBefore(i, n)
				continue
			}
			q.Add(notify.Debt{Target: n.Target, Thing: target.Key, Verb: n.Verb, Cause: r.Resources[i].Addr}, target.Kind.Rank(n.Verb))
			if n.When == resource.Immediately {
				timing[ownerOf(target)] = resource.Immediately
			}
		}
	}
	for _, e := range q.Entries() {
		r.forecastEntry(ctx, e, timing[e.Owner])
	}
	for _, d := range lost {
		r.emitDropped(d)
	}
}

func (r *run) forecastBefore(i int, n resource.Notify) {
	if s := &r.steps[i]; s.plan.Empty() || r.isQuiet(i, s.plan) {
		return
	}
	r.counts.Notified++
	r.emit(r.at[n.Target], event.Event{
		Type: event.Owes, Verb: n.Verb, When: string(resource.Before), Causes: []string{r.Resources[i].Addr.String()},
	})
}

func (r *run) forecastEntry(ctx context.Context, e notify.Entry, when resource.Timing) {
	if when == "" {
		when = resource.Delayed
	}
	ev := event.Event{
		Type: event.Owes, Time: r.Now().Wall, Resource: e.Target.String(), Kind: e.Target.Kind,
		Verb: e.Verb, When: string(when), Causes: causes(e),
	}
	for _, d := range e.Debts {
		if d.Run != "" {
			ev.Run = d.Run
			break
		}
	}
	i, declared := r.resourceOf(e.Owner)
	switch {
	case !declared && r.owing.foreign[e.Owner] != nil:
		if gone := r.forecastAbroad(ctx, e, &ev); gone != "" {
			r.emitDropped(dropped{e, gone})
			return
		}
	case !declared, r.steps[i].state == off:
		ev.Notes = []string{notOfThisRun + ", so it stays owed"}
		r.counts.Held++
	case r.steps[i].plan.Empty() && !r.mayBeMended(i) && r.isMissing(ctx, i):
		if ev.Run != "" {
			r.emitDropped(dropped{e, noTarget})
			return
		}
		ev.Notes = []string{noTarget + ", so nothing will be sent"}
	default:
		found := r.reviewOwed(ctx, i, e)
		ev.Void = found.Satisfied
		switch {
		case ev.Void:
		case found.Blocked != nil:
			ev.Notes = []string{"it cannot be delivered as things stand, so it stays owed: " + r.oneLine(found.Blocked)}
			r.counts.Held++
		default:
			r.counts.Notified++
		}
	}
	r.Events.Emit(ev)
}

// forecastAbroad completes the event of an action for an undeclared thing, or
// explains why nothing can deliver it.
func (r *run) forecastAbroad(ctx context.Context, e notify.Entry, ev *event.Event) (gone string) {
	res := r.owing.foreign[e.Owner]
	gone, err := r.isGone(ctx, res, e.Verb)
	if gone != "" || err != nil {
		return gone
	}
	ev.Notes = []string{noteUndeclared}
	o := resource.Outlook{Ask: resource.AskAction, Verb: e.Verb, Pending: resource.UnknownPending, Owed: moments(e)}
	ev.Void = review(ctx, res, actionOf(res), o).Satisfied
	r.counts.Notified += one(!ev.Void)
	return ""
}

// reviewOwed tells what is known of an action that is owed to a target: whether
// it will fail, and whether it will not be needed, because the target will have
// been started after the changes anyway.
func (r *run) reviewOwed(ctx context.Context, i int, e notify.Entry) resource.Review {
	o := resource.Outlook{Ask: resource.AskAction, Verb: e.Verb}
	if r.mayBeMended(i) {
		o.Pending = resource.UnknownPending
	}
	s, k := &r.steps[i], r.Resources[i].Kind
	settles := k.Settles != nil && !s.tentative && !s.plan.Empty() && k.Settles(s.plan, e.Verb)
	if !settles && !slices.ContainsFunc(e.Debts, func(d notify.Debt) bool { return d.Run == "" }) { // else a change is still to come
		o.Owed = moments(e)
	}
	found := review(ctx, r.Resources[i], actionOf(r.Resources[i]), o)
	found.Satisfied = found.Satisfied || settles
	return found
}

// moments are those since which an action is owed.
func moments(e notify.Entry) []resource.Instant {
	since := make([]resource.Instant, len(e.Debts))
	for k, d := range e.Debts {
		since[k] = d.Since
	}
	return since
}

// mayBeMended reports whether a pending resource before a target, other than one
// that notifies it, may provide what it lacks.
func (r *run) mayBeMended(i int) (mended bool) {
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		s := &r.steps[e.From]
		mended = (s.behind || !s.plan.Empty()) && !e.Reason.Notice || moves(r.Resources[e.From], s.plan)
		return !mended
	})
	return mended
}

// after names the pending resources that make a forecast tentative.
func (r *run) after(i int) []string {
	var out []string
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		s := &r.steps[e.From]
		if s.state != off && s.err == nil && (s.tentative || moves(r.Resources[e.From], s.plan) || !s.plan.Empty() && (asks(r.Resources[i]) || r.steps[i].lacks != "")) {
			if a := r.Resources[e.From].Addr.String(); !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
		return len(out) < 3
	})
	return out
}
