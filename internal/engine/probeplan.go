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

// forecastProbe reports that an Apply would ask a probe. e is what is owed to it, by
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
			ev.Notes = append(ev.Notes, "else roll back"+r.describeLost(i, q))
		}
	}
	r.emit(res, ev)
}

// describeLost names what a rollback at a probe would leave: " (exec.migrate stays)".
func (r *planReporter) describeLost(probe int, q *notify.Queue) string {
	behind := r.Graph.Behind(probe)
	var stays []string
	for _, i := range r.order {
		s, res := &r.steps[i], r.Resources[i]
		if i == probe || behind[i] || s.state.idle() {
			continue
		}
		_, acts := q.Get(ownerOf(res))
		if acts && res.Kind.Opaque || !s.plan.Empty() {
			if _, err := res.Kind.Undo(r.pastOf(i)); errors.Is(err, resource.ErrOpaque) {
				stays = append(stays, res.Addr.String())
			}
		}
	}
	stays = slices.Compact(stays)
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
		Name: res.Addr.Name, Before: r.steps[i].plan.Have, After: res.Want,
		Content: func(string) (*resource.Blob, error) { return nil, errors.New("it is not kept yet") },
	}
}
