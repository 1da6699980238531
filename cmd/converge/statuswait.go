package main

import (
	"context"
	"slices"
	"time"

	"converge/internal/journal"
	"converge/internal/providers/service"
	"converge/internal/view"
)

// runPoll is the interval between checks whether a run is still in progress.
const runPoll = 250 * time.Millisecond

// awaitRun waits until no run is in progress, and opens the state folder as it
// is then.
func (a *app) awaitRun(ctx context.Context, f *pastFlags) (*journal.State, error) {
	for {
		state, _, err := a.past(ctx, f)
		if err != nil || state.Holder() == "" {
			return state, err
		}
		if err := state.Close(); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(runPoll):
		}
	}
}

// awaitQueued waits for the jobs that the last run left in systemd's queue, and
// updates the status: a job that is done is no longer owed.
func awaitQueued(ctx context.Context, root string, state *journal.State, st *view.Status) error {
	units := st.Queued
	if len(units) == 0 {
		return nil
	}
	p := service.New(service.Options{Root: root})
	defer p.Close()
	st.Queued = nil
	for _, unit := range units {
		err := p.AwaitQueued(ctx, unit, st.Started)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			st.Result = "failed"
			st.Failures = append(st.Failures, view.Failure{Resource: unit, Error: err.Error()})
		default:
			st.Came = append(st.Came, unit)
		}
	}
	for _, d := range state.Owed() {
		if !slices.Contains(st.Came, unitOfThing(d.Thing)) {
			continue
		}
		st.Owed = slices.DeleteFunc(st.Owed, func(o view.Owed) bool {
			return o.Resource == d.Target.String() && o.Run == st.Run
		})
	}
	return nil
}

// unitOfThing is the unit that a key of a service names; "" if it names none.
func unitOfThing(key string) string {
	const prefix = "service:"
	if len(key) > len(prefix) && key[:len(prefix)] == prefix {
		return key[len(prefix):]
	}
	return ""
}
