package engine

import (
	"context"
	"slices"

	"converge/internal/event"
	"converge/internal/resource"
)

// followTasks lets the followers know of the changes that a batch made,
// whether or not they ended well.
func (r *run) followTasks(tasks []task) {
	if len(r.Followers) == 0 {
		return
	}
	cs := make([]resource.Change, 0, len(tasks))
	for _, t := range tasks {
		cs = append(append(cs, t.now), t.along...)
	}
	r.follow(r.providerOf(tasks), cs, r.Resources[tasks[0].i].Kind.Opaque)
}

// follow lets every follower but the provider that changed something know of it.
func (r *run) follow(by resource.Provider, cs []resource.Change, opaque bool) {
	for _, f := range r.Followers {
		if p, ok := f.(resource.Provider); !ok || p != by {
			f.Follow(cs, opaque)
		}
	}
}

// finishFollowers lets the followers act on what the run changed. What fails
// there is a failure of the run: no resource is to blame.
func (r *run) finishFollowers(ctx context.Context) {
	for _, f := range r.Followers {
		// An interrupted run has changed things too.
		if err := f.Finish(context.WithoutCancel(ctx)); err != nil {
			r.counts.Failed++
			r.Events.Emit(event.Event{Type: event.Failed, Time: r.Now().Wall, Error: r.scrub(err.Error())})
		}
	}
}

// foretell notes in a plan what followers will do because of a change.
func (r *run) foretell(ctx context.Context, s *step) {
	for _, f := range r.Followers {
		t, ok := f.(resource.Foreteller)
		if !ok {
			continue
		}
		if note := t.Foretell(ctx, s.plan); note != "" {
			s.plan.Notes = append(s.plan.Notes, note)
		}
	}
}

// isQuiet reports whether a change notifies nobody: all attributes that differ
// are marked as quiet.
func (r *run) isQuiet(i int, c resource.Change) bool { return r.Resources[i].Kind.Quiet(c) }

// verifyBefore runs verify on the new content before any notification goes out:
// a service stopped for a refused change would stay stopped.
func (r *run) verifyBefore(ctx context.Context, t task) error {
	v, ok := r.Resources[t.i].Provider().(resource.Verifier)
	if !ok || !slices.ContainsFunc(r.Resources[t.i].Notifies, func(n resource.Notify) bool { return n.When == resource.Before }) {
		return nil
	}
	return v.Verify(ctx, t.now)
}
