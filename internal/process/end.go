package process

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// waitForEnd returns when the program has ended, by itself or because its time is over. It passes on output meanwhile.
func (c *Command) waitForEnd(ctx context.Context, cmd *exec.Cmd, out output) error {
	limited, cancel := c.limitContext(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
				return err
			}
			return c.endedWithUs(ctx, cmd)
		case <-tick.C:
			out.passOutput()
		case <-limited.Done():
			c.endProgram(cmd.Process.Pid, ended)
			return context.Cause(limited)
		}
	}
}

// endedWithUs returns the cause of the end of ctx if a signal that is about to end ctx has also ended the program: a
// shutdown sends SIGTERM to all processes, in no order, so we may learn of the program's end before our own signal. It
// also ends the rest of the program's group.
func (c *Command) endedWithUs(ctx context.Context, cmd *exec.Cmd) error {
	if c.Finish || !endedFromOutside(resultOf(cmd)) {
		return nil
	}
	own := time.NewTimer(ownSignal)
	defer own.Stop()
	select {
	case <-own.C:
		return nil
	case <-ctx.Done():
		EndGroup(c.groupOf(cmd.Process.Pid), c.graceOrDefault())
		return context.Cause(ctx)
	}
}

// ownSignal is how long after a program's end a signal to us may arrive that was sent together with the one that ended
// the program.
const ownSignal = time.Second

// endedFromOutside reports whether a termination signal has ended a program, or its exit status reports one as shells
// do.
func endedFromOutside(r Result) bool {
	for _, s := range []syscall.Signal{unix.SIGTERM, unix.SIGINT} {
		if r.Signal == s || r.Status == 128+int(s) {
			return true
		}
	}
	return false
}

func (c *Command) graceOrDefault() time.Duration {
	if c.Grace == 0 {
		return DefaultGrace
	}
	return c.Grace
}

// limitContext returns the context that ends the program: ctx or only its deadline, with Timeout.
func (c *Command) limitContext(ctx context.Context) (context.Context, context.CancelFunc) {
	cancel := func() {}
	if c.Finish {
		deadline, ok := ctx.Deadline()
		ctx = context.WithoutCancel(ctx)
		if ok {
			ctx, cancel = context.WithDeadline(ctx, deadline)
		}
	}
	if c.Timeout == 0 {
		return ctx, cancel
	}
	limited, done := context.WithTimeoutCause(ctx, c.Timeout, &Overdue{c.Timeout})
	return limited, func() { done(); cancel() }
}

// endProgram stops the program, and returns when it and its group have ended.
func (c *Command) endProgram(pid int, ended <-chan error) {
	if c.End != nil {
		done := make(chan struct{})
		go func() { <-ended; close(done) }()
		c.End(pid, done)
		<-done
		return
	}
	grace := c.graceOrDefault()
	pid = c.groupOf(pid)
	_ = unix.Kill(-pid, unix.SIGTERM) // it may have ended just now
	deadline := time.Now().Add(grace)
	select {
	case <-ended:
	case <-time.After(grace):
		_ = unix.Kill(-pid, unix.SIGKILL) // as above
		<-ended
	}
	awaitGroupEnd(pid, deadline)
}

// EndGroup ends a process group that converge did not start in this run: by SIGTERM, and after the grace by SIGKILL.
func EndGroup(pgid int, grace time.Duration) {
	_ = unix.Kill(-pgid, unix.SIGTERM) // it may have ended just now
	awaitGroupEnd(pgid, time.Now().Add(grace))
}

// awaitGroupEnd waits for the rest of a group to end after SIGTERM, and then kills it.
func awaitGroupEnd(pgid int, deadline time.Time) {
	for time.Now().Before(deadline) {
		if errors.Is(unix.Kill(-pgid, 0), unix.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond) // no event reports that a group is empty
	}
	_ = unix.Kill(-pgid, unix.SIGKILL) // it may have ended just now
}
