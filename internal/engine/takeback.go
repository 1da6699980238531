package engine

import (
	"context"

	"converge/internal/event"
	"converge/internal/resource"
)

// takeBackBefore takes back what went out ahead of changes that were not made
// after all: a service that was stopped for one is started again, as it was.
// An interrupt comes too late for that.
func (r *deliverer) takeBackBefore(ctx context.Context, batch []int) {
	if len(r.before) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, i := range batch {
		if r.steps[i].state == changed {
			continue
		}
		for _, n := range r.Resources[i].Notifies {
			verb, out := r.before[n.Target]
			if n.When != resource.Before || !out {
				continue
			}
			delete(r.before, n.Target)
			t := r.at[n.Target]
			back := r.Resources[t].Kind.Reverse[verb]
			if back == "" {
				continue
			}
			if err := r.act(ctx, r.Resources[t], back); err != nil {
				r.fail(t, err)
				continue
			}
			r.counts.Notified++
			r.emit(r.Resources[t], event.Event{
				Type: event.Notified, Verb: back, When: string(resource.Immediately), Causes: []string{r.Resources[i].Addr.String()},
				Notes: []string{"it was told to " + verb + " for a change that was not made"},
			})
		}
	}
	clear(r.before)
}
