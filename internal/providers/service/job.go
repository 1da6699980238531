package service

import (
	"context"
	"fmt"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// job is one job that was put into systemd's queue.
type job struct {
	unit   string
	verb   string // start, stop, restart, reload
	id     int
	began  time.Time
	result chan string // buffered: go-systemd blocks all jobs on one that is not taken
	lost   []<-chan struct{}
}

// jobConn returns go-systemd's connection, which tells when a job has ended.
func (b *bus) jobConn(ctx context.Context) (*sd.Conn, error) {
	if b.jobs != nil && b.jobs.Connected() {
		return b.jobs, nil
	}
	b.lost = nil
	c, err := sd.NewConnection(func() (*dbus.Conn, error) {
		conn, err := dial(ctx)
		if err == nil {
			b.lost = append(b.lost, conn.Context().Done())
		}
		return conn, err
	})
	if err != nil {
		return nil, err
	}
	if err := c.Subscribe(); err != nil {
		c.Close()
		return nil, fmt.Errorf("cannot subscribe to systemd's signals: %w", explain(err))
	}
	b.jobs = c
	return c, nil
}

// enqueue puts a job into the queue.
func (s *systemd) enqueue(ctx context.Context, unit, verb string) (*job, error) {
	j := &job{unit: unit, verb: verb, began: time.Now(), result: make(chan string, 1)}
	s.mu.Lock()
	b, err := s.connected(ctx)
	var c *sd.Conn
	if err == nil {
		c, err = b.jobConn(ctx)
	}
	if err == nil {
		j.lost = b.lost
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
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
		return nil, fmt.Errorf("cannot %s unit %s: %w", verb, unit, explain(err))
	}
	return j, nil
}

// await waits until the job has ended, at most for limit. Its error tells how
// the job ended if not well; it is [resources.ErrQueued] if it cannot end before
// we do. That is checked again and again: a restart stops first and starts then,
// and a unit that is started may start others.
func (s *systemd) await(ctx context.Context, j *job, limit time.Duration) error {
	b, err := s.connect(ctx)
	if err != nil {
		return err
	}
	limited := time.NewTimer(limit)
	defer limited.Stop()
	own, lost := waitingUnits(ctx, b), either(j.lost)
	for pause := askFirst; ; pause = min(2*pause, askLast) {
		if by := waitsForUs(ctx, b, j, own); by != "" {
			return &queuedError{unit: j.unit, verb: j.verb, by: by}
		}
		again := time.NewTimer(pause)
		if len(own) == 0 {
			again.Stop() // nothing waits for a process that is in no unit
		}
		select {
		case result := <-j.result:
			again.Stop()
			return jobError(j, result)
		case <-ctx.Done():
			return fmt.Errorf("cannot %s unit %s: %w (systemd goes on with it)", j.verb, j.unit, ctx.Err())
		case <-limited.C:
			return fmt.Errorf("cannot %s unit %s: its job has not ended after %s; systemd goes on with it (attribute timeout allows more)", j.verb, j.unit, limit)
		case <-lost:
			return fmt.Errorf("cannot tell how the %s of unit %s ended: systemd has closed the connection", j.verb, j.unit)
		case <-again.C:
		}
	}
}

// either closes when one of two or fewer channels does.
func either(chans []<-chan struct{}) <-chan struct{} {
	switch len(chans) {
	case 0:
		return nil
	case 1:
		return chans[0]
	}
	out := make(chan struct{})
	go func() {
		defer close(out)
		select {
		case <-chans[0]:
		case <-chans[1]:
		}
	}()
	return out
}

// jobError is what a job's result means; the words are those of JobRemoved in
// org.freedesktop.systemd1(5).
func jobError(j *job, result string) error {
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
		why = "a unit that it depends on failed"
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
