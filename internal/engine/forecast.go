package engine

import (
	"context"
	"slices"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

func (r *planReporter) forecastBefore(i int, n resource.Notify) {
	if s := &r.steps[i]; s.needsNothing() || r.isQuiet(i, s.plan()) {
		return
	}
	r.counts.Notified++
	r.emit(r.Resources[r.at.of(n.Target)], event.Event{
		Type: event.Owes, Verb: n.Verb, When: string(resource.Before), Causes: []string{r.Resources[i].Addr.String()},
	})
}

func (r *planReporter) forecastEntry(ctx context.Context, e notify.Entry, when resource.Timing) {
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
	ev.Ends = declared && r.isEnding(e.Owner)
	switch {
	case !declared && r.foreign[e.Owner] != nil:
		if gone := r.forecastAbroad(ctx, e, &ev); gone != "" {
			r.emitDropped(dropped{e, gone})
			return
		}
	case !declared, r.steps[i].state == off:
		ev.Notes = []string{notOfThisRun + ", so it stays owed"}
		r.counts.Held++
	case r.steps[i].needsNothing() && !r.mayBeMended(i) && isMissing(ctx, r.Resources[i]):
		if ev.Run != "" {
			r.emitDropped(dropped{e, noTarget})
			return
		}
		ev.Notes = []string{noTarget + ", so nothing will be sent"}
	case r.steps[i].needsNothing() && r.steps[i].notable().goesWith != "":
		gone := "it goes with " + r.steps[i].notable().goesWith
		if ev.Run != "" {
			r.emitDropped(dropped{e, gone})
			return
		}
		ev.Notes = []string{gone + ", so nothing will be sent"}
	default:
		found, settles := r.reviewOwed(ctx, i, e)
		ev.Void, ev.Tentative = found.Satisfied, settles
		switch {
		case ev.Void:
			ev.Notes = found.Notes
		case found.Blocked != nil:
			ev.Notes = []string{"it cannot be delivered as things stand, so it stays owed: " + r.oneLine(found.Blocked)}
			r.counts.Held++
		default:
			r.counts.Notified++
			if ev.Ends { // why the machine requires it, and what follows
				ev.Notes = found.Notes
			}
		}
	}
	r.Events.Emit(ev)
}

// forecastAbroad completes the event of an action for an undeclared thing, or explains why the action cannot be
// delivered.
func (r *planReporter) forecastAbroad(ctx context.Context, e notify.Entry, ev *event.Event) (gone string) {
	res := r.foreign[e.Owner]
	gone, err := whyGone(ctx, res, e.Verb)
	if gone != "" || err != nil {
		return gone
	}
	ev.Notes = []string{noteUndeclared}
	o := resource.Outlook{Ask: resource.AskAction, Verb: e.Verb, Pending: resource.UnknownPending, Owed: moments(e)}
	ev.Void = review(ctx, res, changeOf(res, resource.Run), o).Satisfied
	r.counts.Notified += one(!ev.Void)
	return ""
}

// reviewOwed returns the review of an action that is owed to a target: whether it will fail, and whether it will be
// needless because a change of the target, such as its start, has the same effect. The latter holds only if that change
// comes right, so it also reports whether nothing else settles the debt.
func (r *planReporter) reviewOwed(ctx context.Context, i int, e notify.Entry) (found resource.Review, settles bool) {
	o := resource.Outlook{Ask: resource.AskAction, Verb: e.Verb}
	if r.mayBeMended(i) {
		o.Pending = resource.UnknownPending
	}
	s, k := &r.steps[i], r.Resources[i].Kind
	settles = k.Settles != nil && !s.tentative && !s.needsNothing() && k.Settles(s.plan(), e.Verb)
	if !settles && !slices.ContainsFunc(e.Debts, func(d notify.Debt) bool { return d.Run == "" }) { // otherwise a change is still to come
		o.Owed = moments(e)
	}
	found = review(ctx, r.Resources[i], changeOf(r.Resources[i], resource.Run), o)
	settles = settles && !found.Satisfied
	found.Satisfied = found.Satisfied || settles
	return found, settles
}

// moments are the moments since which an action is owed.
func moments(e notify.Entry) []resource.Instant {
	since := make([]resource.Instant, len(e.Debts))
	for k, d := range e.Debts {
		since[k] = d.Since
	}
	return since
}
