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

// forecastProbe reports that an Apply would ask a probe. e is the debt to it, of changes to come or of an earlier run;
// q holds all debts.
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

// describeRollback describes the effect of a bad answer of a probe: "else roll back, but for the home of ann
// (exec.migrate stays), or nothing if a part cannot be". The rollback does not begin if it cannot restore a change, or
// may not remove or replace something: either all changes are taken back or none.
func (r *planReporter) describeRollback(probe int, q *notify.Queue) string {
	r.findLost(q)
	behind := r.Graph.Behind(probe)
	var stays, gone []string
	parts := 0
	for _, l := range r.lost {
		switch {
		case l.at == probe || behind[l.at]:
		case l.goesBack:
			parts++
			gone = append(gone, l.gone...)
		case l.prevents != "":
			return "else it fails, and nothing is rolled back: " + r.Resources[l.at].Addr.String() + " " + l.prevents
		default:
			stays = append(stays, r.Resources[l.at].Addr.String())
		}
	}
	out := "else roll back"
	if len(gone) > 0 {
		out += ", but for " + strings.Join(gone, " and ")
	}
	out += describeStaying(slices.Compact(stays))
	if parts > 1 {
		out += ", or nothing if a part cannot be"
	}
	return out
}

// lasting is what a rollback would make of a planned change.
type lasting struct {
	at       int
	prevents string   // why no rollback begins, of the resource; "": what it does stays, and the rest goes back
	goesBack bool     // it is taken back
	gone     []string // what is not restored with it, named for people
}

// findLost determines, once, what a rollback would make of the changes, and which of them it could not take back:
// their effect is not known, what they make is protected, or nothing keeps what they replace.
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
		if s.needsNothing() && !(acts && res.Kind.Opaque) {
			continue
		}
		past := r.pastOf(i)
		us, err := res.Kind.Undo(past)
		switch {
		case r.protected.goingBack().refuse(&resource.Resource{}, reverse(s.plan()), taken{}) != nil:
			r.lost = append(r.lost, lasting{at: i, prevents: "is protected, and stays as this run makes it"})
		case s.notable().lasting != nil:
			r.lost = append(r.lost, lasting{at: i, prevents: "stays: " + r.oneLine(s.notable().lasting)})
		case errors.Is(err, resource.ErrLasting):
			r.lost = append(r.lost, lasting{at: i, prevents: "stays: " + r.oneLine(err)})
		case errors.Is(err, resource.ErrOpaque):
			r.lost = append(r.lost, lasting{at: i})
		default:
			r.lost = append(r.lost, lasting{at: i, goesBack: true, gone: slices.Concat(s.notable().loses, namesLost(res.Kind, past, us))})
		}
	}
}

// namesLost names what reverting a change does not restore.
func namesLost(k *resource.Kind, past resource.Past, us []resource.RevertTarget) (names []string) {
	if k.Leaves != nil {
		past.Kind = k
		names = k.Leaves(past)
	}
	for _, u := range us {
		names = append(names, u.Lost...)
	}
	return names
}

// reverse is the change that takes another one back, as far as [protection] needs it: it removes the thing again, or
// restores the attributes that differ.
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

// pastOf is a planned change in the form in which a rollback would find it.
func (r *planReporter) pastOf(i int) resource.Past {
	res := r.Resources[i]
	return resource.Past{
		Name: res.Addr.Name, Key: res.Key, Before: r.steps[i].plan().Have, After: res.Want,
		Content: func(string) (*resource.Blob, error) { return nil, errors.New("it is not kept yet") },
	}
}
