package past

import (
	"slices"

	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// listOtherFailures lists failures without a step of their own: a resource could not be observed, was refused, or
// depends on a failed one. The reason of a held action is stored with the notification.
func listOtherFailures(d *journal.RunDetail, notified []event.Event) []event.Event {
	failed := map[string]bool{}
	for _, s := range d.Steps {
		if s.State == journal.Failed {
			failed[s.Addr.String()] = true
		}
	}
	out := []event.Event{}
	for _, f := range d.Fails {
		e := event.Event{Type: event.Failed, Resource: f.Resource, Error: f.Error, Causes: f.Behind}
		switch {
		case f.Verb != "":
			for i := range notified {
				if n := &notified[i]; n.Resource == f.Resource && n.Type == event.Held {
					n.Error = f.Error
				}
			}
			continue
		case len(f.Behind) > 0:
			e.Type = event.Skipped
		case failed[f.Resource]:
			continue
		}
		out = append(out, e)
	}
	return out
}

// listNotified lists the notifications of a run, target by target: their result in that
// run, and those that are still owed.
func listNotified(d *journal.RunDetail, state *journal.State) []event.Event {
	var out []event.Event
	at := map[notify.Owner]int{}
	entry := func(o notify.Owner, target resource.Addr, verb string) *event.Event {
		i, ok := at[o]
		if !ok {
			i = len(out)
			at[o] = i
			out = append(out, event.Event{Type: event.Held, Resource: target.String(), Kind: target.Kind, Verb: verb, Message: "paid by a later run"})
		}
		return &out[i]
	}
	for _, s := range d.Steps {
		for _, debt := range s.Owes {
			e := entry(debt.Owner(), debt.Target, debt.Verb)
			if s.State != journal.Same {
				e.Causes = append(e.Causes, debt.Cause.String())
			}
		}
	}
	for _, p := range d.Paid {
		if p.Renamed {
			continue
		}
		e := entry(p.Owner(), p.Target, p.Verb)
		e.Type, e.Verb, e.Void, e.Message = event.Notified, p.Verb, p.Void, "delivered"
		switch {
		case p.Void:
			e.Message = "no longer needed"
		case p.Dropped != "":
			e.Type, e.Error, e.Message = event.Dropped, p.Dropped, "dropped"
		}
	}
	for _, debt := range state.Owed() {
		if debt.Run == d.ID {
			e := entry(debt.Owner(), debt.Target, debt.Verb)
			e.Type, e.Message = event.Held, "still owed"
		}
	}
	kept := out[:0]
	for _, e := range out {
		if len(e.Causes) > 0 || e.Type != event.Held {
			kept = append(kept, e)
		}
	}
	for _, f := range d.Fails {
		if f.Verb != "" && !slices.ContainsFunc(kept, func(e event.Event) bool { return e.Resource == f.Resource }) {
			kept = append(kept, event.Event{Type: event.Held, Resource: f.Resource, Verb: f.Verb, Message: "held; an earlier run owed it"})
		}
	}
	return kept
}
