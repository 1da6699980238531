package service

import (
	"context"
	"fmt"
	"time"
)

// awaitJob waits until the job has ended, at most for limit. Its error explains an unsuccessful end; it is
// [resource.ErrQueued] if the job cannot end before we do. That is checked repeatedly: a restart first stops and then
// starts, and a started unit may start others.
func awaitJob(ctx context.Context, client *client, j *job, limit time.Duration) error {
	b, err := client.connect(ctx)
	if err != nil {
		return err
	}
	limited := time.NewTimer(limit)
	defer limited.Stop()
	own := listWaitingUnits(ctx, b)
	for pause := askFirst; ; pause = min(2*pause, askLast) {
		if by := findWaitedUnit(ctx, b, j, own); by != "" {
			return &queuedError{unit: j.unit, verb: j.verb, by: by}
		}
		again := time.NewTimer(pause)
		if len(own) == 0 {
			again.Stop() // a process outside all units blocks no job
		}
		select {
		case result := <-j.result:
			again.Stop()
			return explainResult(j, result)
		case <-ctx.Done():
			return fmt.Errorf("cannot %s unit %s: %w (systemd goes on with it)", j.verb, j.unit, ctx.Err())
		case <-limited.C:
			return fmt.Errorf("cannot %s unit %s: its job has not ended after %s; systemd goes on with it (attribute timeout allows more)", j.verb, j.unit, limit)
		case <-j.lost:
			return fmt.Errorf("cannot tell how the %s of unit %s ended: systemd has closed the connection", j.verb, j.unit)
		case <-again.C:
		}
	}
}

// explainResult returns the meaning of a job's result; the words are those of JobRemoved in
// org.freedesktop.systemd1(5).
func explainResult(j *job, result string) error {
	var why string
	switch result {
	case "done":
		return nil
	case "skipped":
		why = "systemd skipped it: it does not apply to the unit as it is now"
	case "failed":
		why = "it failed"
	case "canceled":
		why = "another job cancelled it"
	case "timeout":
		why = "it ran into the time limit of the unit or of a unit that it waits for"
	case "dependency":
		return &dependencyError{verb: j.verb, unit: j.unit}
	case "assert":
		why = "an Assert… of the unit does not hold"
	case "unsupported":
		why = "this machine does not support units of this type"
	case "collected", "once":
		why = "the unit runs only once and has run"
	case "invalid":
		why = "the unit cannot do this"
	default:
		why = "its job ended with " + result
	}
	return fmt.Errorf("cannot %s unit %s: %s", j.verb, j.unit, why)
}
