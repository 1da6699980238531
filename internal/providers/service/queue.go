package service

import (
	"errors"
	"fmt"
	"sync"

	"converge/internal/resource"
)

// queuedError reports a job that was queued without a wait, because it waits for the unit by, which waits for this
// process.
type queuedError struct{ unit, verb, by string }

func (e *queuedError) Error() string {
	return fmt.Sprintf("the %s of unit %s %v: it waits for %s, in which this run goes on", e.verb, e.unit, resource.ErrQueued, e.by)
}

func (e *queuedError) Unwrap() error { return resource.ErrQueued }

func isQueued(err error) bool { return errors.Is(err, resource.ErrQueued) }

// ignoreQueued returns err, or nil for a queued job: the state that Observe then finds is right.
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
	order []string                   // the units of jobs, in their order
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

// list returns the jobs in their order.
func (l *leftJobs) list() []resource.Queued {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []resource.Queued
	for _, unit := range l.order {
		out = append(out, l.jobs[unit])
	}
	return out
}
