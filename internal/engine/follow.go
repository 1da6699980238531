package engine

import (
	"context"
	"slices"

	"converge/internal/event"
	"converge/internal/resource"
)

// changesOf are the changes of a batch that others have to know of, whether or
// not it ended well; nil: it may have changed anything.
func (r *run) changesOf(tasks []task) []resource.Change {
	if r.Resources[tasks[0].i].Kind.Opaque {
		return nil
	}
	cs := make([]resource.Change, 0, len(tasks))
	for _, t := range tasks {
		cs = append(append(cs, t.now), t.also...)
	}
	return cs
}

// changesOfAction are the changes that an action makes: none that is known; nil:
// it may change anything.
func changesOfAction(res *resource.Resource) []resource.Change {
	if res.Kind.Opaque {
		return nil
	}
	return []resource.Change{}
}

// finishMachine has the machine act on what the run changed.
func (r *run) finishMachine(ctx context.Context) {
	r.result.Queued = nil
	for _, f := range r.Machine.Finishers {
		// An interrupted run has changed things too.
		queued, err := f.Finish(context.WithoutCancel(ctx))
		if err != nil {
			r.failRun(err)
		}
		if r.effects > 0 {
			r.result.Queued = append(r.result.Queued, queued...)
		}
	}
}

// failRun reports a failure of the run that no resource has caused.
func (r *run) failRun(err error) {
	r.counts.Failed++
	r.Events.Emit(event.Event{Type: event.Failed, Time: r.Now().Wall, Error: r.scrub(err.Error())})
}

// noteFollowers notes in a plan what followers will do at the end of the run
// because of a change.
func (r *run) noteFollowers(ctx context.Context, s *step) {
	for _, f := range r.Machine.Followers {
		if v, ok := f.(resource.Reviewer); ok {
			s.plan.Notes = append(s.plan.Notes, v.Review(ctx, s.plan, resource.Outlook{Ask: resource.AskFollower}).Notes...)
		}
	}
}

// isQuiet reports whether a change notifies nobody: all attributes that differ
// are marked as quiet.
func (r *run) isQuiet(i int, c resource.Change) bool { return r.Resources[i].Kind.Quiet(c) }

// verifyBefore runs verify on the new content before any notification goes out:
// a service stopped for a refused change would stay stopped.
func (r *run) verifyBefore(ctx context.Context, t task) error {
	if !slices.ContainsFunc(r.Resources[t.i].Notifies, func(n resource.Notify) bool { return n.When == resource.Before }) {
		return nil
	}
	return review(ctx, r.Resources[t.i], t.now, resource.Outlook{Ask: resource.AskCheck}).Blocked
}
