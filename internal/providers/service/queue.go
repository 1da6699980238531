package service

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"converge/internal/resource"
)

// ownAction is the restart or stop of the unit that this run is part of. It
// would end the run, so it is done at the run's end.
type ownAction struct {
	client *client
	left   *leftJobs

	mu   sync.Mutex
	verb string // "" if there is none
}

// postpone leaves an operation on the unit that this run is part of to the end
// of the run. A oneshot needs no restart, because its next start is one.
func (a *ownAction) postpone(ctx context.Context, b *bus, unit, verb string) error {
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	if p.str("Type") == "oneshot" && verb == "restart" {
		return nil
	}
	a.mu.Lock()
	a.verb = verb
	a.mu.Unlock()
	err = &queuedError{unit: unit, verb: verb, by: unit}
	a.left.add(unit, verb, err)
	return err
}

// run restarts or stops the unit that this run is part of, if an action asked
// for that. systemd ends this process for it, so nothing comes after.
func (a *ownAction) run(ctx context.Context) {
	a.mu.Lock()
	verb := a.verb
	a.verb = ""
	a.mu.Unlock()
	unit := ownUnit()
	if verb == "" || unit == "" {
		return
	}
	b, err := a.client.connect(ctx)
	if err != nil {
		return // it stays owed
	}
	method := map[string]string{"restart": "RestartUnit", "stop": "StopUnit"}[verb]
	_ = b.callManager(ctx, method, []any{unit, "replace"}) // it stays owed where it fails
}

// queuedError reports a job that was queued and not waited for, because it waits
// for the unit by, which waits for this process.
type queuedError struct{ unit, verb, by string }

func (e *queuedError) Error() string {
	return fmt.Sprintf("the %s of unit %s %v: it waits for %s, in which this run goes on", e.verb, e.unit, resource.ErrQueued, e.by)
}

func (e *queuedError) Unwrap() error { return resource.ErrQueued }

func isQueued(err error) bool { return errors.Is(err, resource.ErrQueued) }

// ignoreQueued returns err, or nil for a job that was queued: what Observe finds
// then is as it should be.
func ignoreQueued(err error) error {
	if isQueued(err) {
		return nil
	}
	return err
}

// leftJobs lists the jobs that this run has left in systemd's queue.
type leftJobs struct {
	mu    sync.Mutex
	jobs  map[string]resource.Queued // by unit
	order []string                   // the units of jobs, as they came
}

// add records a job of a unit if err reports that it was left in the queue.
func (l *leftJobs) add(unit, verb string, err error) {
	var q *queuedError
	if !errors.As(err, &q) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.jobs == nil {
		l.jobs = map[string]resource.Queued{}
	}
	if _, ok := l.jobs[unit]; !ok {
		l.order = append(l.order, unit)
	}
	l.jobs[unit] = resource.Queued{Key: unitKey + unit, Verb: verb, For: q.by}
}

func (l *leftJobs) has(unit string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.jobs[unit]
	return ok
}

// list returns the jobs in the order in which they came.
func (l *leftJobs) list() []resource.Queued {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []resource.Queued
	for _, unit := range l.order {
		out = append(out, l.jobs[unit])
	}
	return out
}
