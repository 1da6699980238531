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
// (exec.migrate stays)". What a rollback cannot restore, or may not remove or replace, keeps
// it from beginning.
func (r *planReporter) describeRollback(probe int, q *notify.Queue) string {
	r.findLost(q)
	behind := r.Graph.Behind(probe)
	var stays []string
	for _, l := range r.lost {
		switch {
		case l.at == probe || behind[l.at]:
		case l.prevents != "":
			return "else it fails, and nothing is rolled back: " + r.Resources[l.at].Addr.String() + " " + l.prevents
		default:
			stays = append(stays, r.Resources[l.at].Addr.String())
		}
	}
	return "else roll back" + describeStaying(slices.Compact(stays))
}

// lasting is a planned change that a rollback could not take back.
type lasting struct {
	at       int
	prevents string // why no rollback begins, of the resource; "": what it does stays, and the rest goes back
}

// findLost finds, once, the changes that a rollback could not take back: their effect is not
// known, what they make is protected, or nothing keeps what they replace.
func (r *planReporter) findLost(q *notify.Queue) {
	if r.lost != nil {
		return
	}
	r.lost = []lasting{}
	for _, i := range r.order {
		s, res := &r.steps[i], r.Resources[i]
		if s.state.idle() {
			continue
		}
		_, acts := q.Get(ownerOf(res))
		if s.plan.Empty() && !(acts && res.Kind.Opaque) {
			continue
		}
		_, err := res.Kind.Undo(r.pastOf(i))
		switch {
		case r.protected.goingBack().refuse(&resource.Resource{}, reverse(s.plan), taken{}) != nil:
			r.lost = append(r.lost, lasting{i, "is protected, and stays as this run makes it"})
		case s.lasting != nil:
			r.lost = append(r.lost, lasting{i, "stays: " + r.oneLine(s.lasting)})
		case errors.Is(err, resource.ErrLasting):
			r.lost = append(r.lost, lasting{i, "stays: " + r.oneLine(err)})
		case errors.Is(err, resource.ErrOpaque):
			r.lost = append(r.lost, lasting{at: i})
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
	case resource.Update:
		c.Attrs = slices.Clone(c.Attrs)
		for i, a := range c.Attrs {
			c.Attrs[i].Have, c.Attrs[i].Want = a.Want, a.Have
		}
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
