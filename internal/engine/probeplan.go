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

// forecastProbe reports that an Apply would ask a probe. e is the debt to it, by
// changes to come or by an earlier run; q is all that will be owed.
func (r *planReporter) forecastProbe(ctx context.Context, i int, e notify.Entry, q *notify.Queue) {
	if _, lost := r.rootCause[i]; lost {
		return // it is skipped, and that was reported
	}
	res := r.Resources[i]
	ev := event.Event{Type: event.Checks, Message: res.Kind.Probe(res.Want), Causes: causes(e)}
	for _, d := range e.Debts {
		if d.Run != "" {
			ev.Run = d.Run
			break
		}
	}
	found := review(ctx, res, changeOf(res, resource.Run), resource.Outlook{Ask: resource.AskAction, Verb: res.Kind.Verbs[0]})
	ev.Void, ev.Notes = found.Satisfied, found.Notes
	if !ev.Void {
		r.counts.Checked++
		if res.OnFailure == resource.FailRollback {
			ev.Notes = append(ev.Notes, r.describeRollback(i, q))
		}
	}
	r.emit(res, ev)
}

// describeRollback describes what a bad answer of a probe leads to: "else roll back
// (exec.migrate stays)". What a rollback may not remove or replace keeps it from beginning.
func (r *planReporter) describeRollback(probe int, q *notify.Queue) string {
	r.findLost(q)
	behind := r.Graph.Behind(probe)
	var stays []string
	for _, i := range r.lost {
		switch res := r.Resources[i]; {
		case i == probe || behind[i]:
		case r.kept[i]:
			return "else it fails, and nothing is rolled back: " + res.Addr.String() + " is protected, and stays as this run makes it"
		default:
			stays = append(stays, res.Addr.String())
		}
	}
	return "else roll back" + describeStaying(slices.Compact(stays))
}

// findLost finds, once, the changes that a rollback could not take back: their effect is not
// known, or what they make is protected.
func (r *planReporter) findLost(q *notify.Queue) {
	if r.kept != nil {
		return
	}
	r.kept = map[int]bool{}
	for _, i := range r.order {
		s, res := &r.steps[i], r.Resources[i]
		if s.state.idle() {
			continue
		}
		_, acts := q.Get(ownerOf(res))
		if s.plan.Empty() && !(acts && res.Kind.Opaque) {
			continue
		}
		if r.protected.refuse(reverse(s.plan), nil) != nil {
			r.lost, r.kept[i] = append(r.lost, i), true
		} else if _, err := res.Kind.Undo(r.pastOf(i)); errors.Is(err, resource.ErrOpaque) {
			r.lost = append(r.lost, i)
		}
	}
}

// reverse is the change that takes another one back, as far as [protection] asks: its thing
// is removed again, or what differs is as before.
func reverse(c resource.Change) resource.Change {
	switch c.Action {
	case resource.Create:
		c.Action = resource.Delete
	case resource.Delete:
		c.Action = resource.Create
	}
	return c
}

func describeStaying(stays []string) string {
	switch {
	case len(stays) == 0:
		return ""
	case len(stays) > 3:
		stays = append(stays[:3:3], "more")
	}
	verb := " stays)"
	if len(stays) > 1 {
		verb = " stay)"
	}
	return " (" + strings.Join(stays, ", ") + verb
}

// pastOf is a planned change as a rollback would find it.
func (r *planReporter) pastOf(i int) resource.Past {
	res := r.Resources[i]
	return resource.Past{
		Name: res.Addr.Name, Key: res.Key, Before: r.steps[i].plan.Have, After: res.Want,
		Content: func(string) (*resource.Blob, error) { return nil, errors.New("it is not kept yet") },
	}
}
