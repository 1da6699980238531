package past

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// MergeDebts returns the debts, merged by target.
func MergeDebts(state *journal.State) []notify.Entry {
	var q notify.Queue
	for _, d := range state.Owed() {
		q.Add(d, 0)
	}
	return q.Entries()
}

// ChooseOwed is the entry that is meant by a name.
func ChooseOwed(all []notify.Entry, name string) (notify.Entry, error) {
	var found []notify.Entry
	for _, e := range all {
		if slices.Contains(listNames(e), name) {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Target.String()+"."+e.Verb)
	}
	fail := exit.With(exit.Failure, fmt.Errorf("cannot drop what is owed to %s: nothing is", name))
	switch {
	case len(found) > 1:
		var things []string
		for _, e := range found {
			things = append(things, e.Owner.String())
		}
		fail.Err = fmt.Errorf("cannot drop what is owed to %s: it means several: %s", name, strings.Join(things, ", "))
	case len(all) == 0:
		fail.Err = errors.New("cannot drop anything: nothing is owed")
	default:
		if near := exit.Nearest(name, names); near != "" {
			fail.Hints = []string{"did you mean " + near + "?"}
		} else {
			fail.Hints = []string{"converge owed lists what is"}
		}
	}
	return notify.Entry{}, fail
}

// listNames are the names by which a person may mean an entry.
func listNames(e notify.Entry) []string {
	names := []string{e.Owner.String()}
	if unit, ok := strings.CutPrefix(e.Thing, "service:"); ok {
		names = append(names, "unit:"+unit)
	}
	for _, d := range e.Debts {
		names = append(names, d.Target.String())
	}
	for _, n := range slices.Clone(names) {
		for _, d := range e.Debts {
			names = append(names, n+"."+d.Verb, n+" "+d.Verb)
		}
	}
	return names
}

// listOtherFailures are failures without a step of their own: a resource could not be
// observed, was refused, or depends on a failed one. The reason of a held action
// is stored with the notification.
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
// run, and what is still owed.
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
			e.Message = "not needed any more"
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
