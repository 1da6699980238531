package service

import (
	"context"
	"fmt"
	"time"
)

// job is one job in systemd's queue.
type job struct {
	unit   string
	verb   string // start, stop, restart, reload
	id     int
	began  time.Time
	result chan string     // buffered: one unread result would make go-systemd block all jobs
	lost   <-chan struct{} // closed when the connection is lost
}

// jobRunner runs jobs to their end, and proves their results.
type jobRunner struct {
	client *client
	left   *leftJobs
	starts *startLog
	notice func(string) // may be nil
}

// start puts one job into the queue. A start must not fail because of its start limit.
func (r *jobRunner) start(ctx context.Context, unit, verb string) (*job, error) {
	if verb == "start" || verb == "restart" {
		b, err := r.client.connect(ctx)
		if err != nil {
			return nil, err
		}
		if err := clearStartLimits(ctx, b, unit); err != nil {
			return nil, err
		}
	}
	return enqueueJob(ctx, r.client, unit, verb)
}

// enqueueJob puts a job into the queue.
func enqueueJob(ctx context.Context, client *client, unit, verb string) (*job, error) {
	j := &job{unit: unit, verb: verb, began: time.Now(), result: make(chan string, 1)}
	c, lost, err := client.connectJobs(ctx)
	if err != nil {
		return nil, err
	}
	j.lost = lost
	ctx, done := context.WithTimeout(ctx, callTimeout)
	defer done()
	const mode = "replace"
	switch verb {
	case "start":
		j.id, err = c.StartUnitContext(ctx, unit, mode, j.result)
	case "stop":
		j.id, err = c.StopUnitContext(ctx, unit, mode, j.result)
	case "restart":
		j.id, err = c.RestartUnitContext(ctx, unit, mode, j.result)
	case "reload":
		j.id, err = c.ReloadUnitContext(ctx, unit, mode, j.result)
	default:
		err = fmt.Errorf("internal error: no job %q", verb)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot %s unit %s: %w", verb, unit, explainDenied(err))
	}
	return j, nil
}

// finish waits for a job and proves its result. A job that must not be waited for is [resource.ErrQueued].
func (r *jobRunner) finish(ctx context.Context, j *job, w wanted) error {
	err := awaitJob(ctx, r.client, j, w.timeout)
	err = nameFailedNeeds(ctx, r.client, err, j.began)
	if isQueued(err) {
		r.left.add(j.unit, j.verb, err)
		return err
	}
	if err == nil && j.verb != "stop" {
		err = r.proveUp(ctx, w, j.unit, j.verb, j.began)
	}
	if err == nil && j.verb == "stop" {
		r.starts.forget(j.unit)
	}
	if err != nil && ctx.Err() == nil {
		err = addJournal(ctx, err, j.unit, j.began)
	}
	return err
}

// proveUp verifies that a unit is up after a verb, and records it to be judged again.
func (r *jobRunner) proveUp(ctx context.Context, w wanted, unit, verb string, began time.Time) error {
	b, err := r.client.connect(ctx)
	if err != nil {
		return err
	}
	skipped, err := proveSettled(ctx, b, w, unit, verb)
	if skipped && r.notice != nil {
		r.notice("systemd did not start " + unit + ": a Condition… of the unit does not hold; such a start counts as done")
	}
	if err == nil && verb != "reload" {
		// The count of restarts was cleared with the start limit.
		r.starts.remember(unit, started{w: w, verb: verb, at: time.Now(), began: began})
	}
	return err
}

// runEach runs one job for each of the units in order. It continues after a failure.
func (r *jobRunner) runEach(ctx context.Context, w wanted, units []string, verb string, errs jobErrors) {
	for _, unit := range units {
		began := time.Now()
		j, err := r.start(ctx, unit, verb)
		if err == nil {
			err = r.finish(ctx, j, r.starts.watchedAs(unit, w))
		} else {
			err = addJournal(ctx, err, unit, began)
		}
		if err != nil && ignoreQueued(errs[unit]) == nil {
			errs[unit] = err
		}
	}
}
