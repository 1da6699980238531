package command

import (
	"context"
	"fmt"
	"time"

	"converge/internal/process"
	"converge/resources"
)

// survivors waits for the commands that killed runs began.
type survivors struct {
	records *records
	history *history
}

// await waits until a command that a killed run began has ended. One that succeeded counts as a run of the command.
// The command's own timeout counts from its start, and a command that exceeds it is ended, as the killed run would
// have done.
func (w *survivors) await(ctx context.Context, want *resources.ExecWant) error {
	s, ok := w.records.find(want)
	if !ok {
		return nil
	}
	waited := s.runs
	if waited {
		w.records.memory.Waiting(fmt.Sprintf("%s still runs since %s (process %d), started by a run that was killed",
			want.Address, s.At.Wall.Format(time.TimeOnly), s.Group()))
		limit := parseDuration(want.Timeout, time.Hour)
		if err := w.awaitEnd(ctx, &s, limit-time.Since(s.At.Wall)); err != nil {
			return err
		}
		if s.runs {
			process.EndGroup(s.Group(), process.DefaultGrace)
			w.records.forget(s.name)
			return fmt.Errorf("a run that was killed had started it (process %d); it took longer than %s and was ended", s.Group(), limit)
		}
	}
	w.records.forget(s.name)
	w.count(s, want, waited)
	return nil
}

// awaitEnd waits until a survivor has ended, or the time is over.
func (w *survivors) awaitEnd(ctx context.Context, s *survivor, limit time.Duration) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	tick := time.NewTicker(50 * time.Millisecond) // it is not a child that could be waited for
	defer tick.Stop()
	for s.runs {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over.C:
			return nil
		case <-tick.C:
		}
		now, ok := w.records.recall(s.name)
		if !ok {
			now.runs = false
		}
		*s = now
	}
	return nil
}

// count counts a survivor that succeeded as a run of the command; of another it
// reports why the command runs again. A command with always = true counts for
// this run only if this run waited for it and has changed nothing since its
// start.
func (w *survivors) count(s survivor, want *resources.ExecWant, waited bool) {
	address := want.Address
	always := want.Always.Value
	switch {
	case w.records.didWell(s, want):
		if !always || waited && !w.history.hasChanged() {
			w.history.add(address, s.At)
		}
	case s.PID == 0 || always && !waited || want.HasGuard() || s.Does != w.records.digestOf(want):
		// It does not run again, or for another reason.
	case s.Ended:
		w.records.memory.Notice(fmt.Sprintf("%s was started by a run that was killed, and failed: it is run again", address))
	default:
		w.records.memory.Notice(fmt.Sprintf("%s was started by a run that was killed, and how it ended is not known: it is run again", address))
	}
}
