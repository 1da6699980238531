package apt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// command is one run of an outside program.
type command struct {
	argv  []string
	stdin string
	line  func(string) // told each line of output while it runs; nil: nobody

	// keep: an end of ctx by anything but its deadline does not stop it. A
	// running dpkg transaction is let finish, as an interrupt stops between
	// steps only.
	keep bool
}

// result is what a program that was run to its end has said. What was run with
// keep has all of it in stdout, in the order in which it came.
type result struct {
	status         int
	stdout, stderr string
}

// runner runs programs: the machine's own in earnest, others in tests.
type runner interface {
	run(ctx context.Context, c command) (result, error)
}

// system runs programs of the machine, or in the tree under root.
type system struct {
	root  string
	grace time.Duration // between asking a program to end and ending it
}

func (s *system) run(ctx context.Context, c command) (result, error) {
	if err := ctx.Err(); err != nil {
		return result{}, err
	}
	program, err := findProgram(s.root, c.argv[0])
	if err != nil {
		return result{}, err
	}
	cmd := exec.Command(program, c.argv[1:]...) //nolint:noctx // how it is stopped is said in wait
	cmd.Args[0] = c.argv[0]
	cmd.Env = environment(os.Environ())
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C must not hit dpkg
	if s.root != "" {
		cmd.SysProcAttr.Chroot = s.root
	}
	if c.stdin != "" {
		cmd.Stdin = strings.NewReader(c.stdin)
	}
	out, err := capture(cmd, c.keep)
	if err != nil {
		return result{}, err
	}
	defer out.close()
	if err := cmd.Start(); err != nil {
		return result{}, fmt.Errorf("cannot run %s: %w", c.argv[0], err)
	}
	if err := s.wait(ctx, cmd, c, out); err != nil {
		return out.result(cmd), err
	}
	return out.result(cmd), nil
}

// wait returns when the program has ended, telling its output meanwhile.
func (s *system) wait(ctx context.Context, cmd *exec.Cmd, c command, out *output) error {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	stop := ctx.Done()
	if c.keep {
		var end context.CancelFunc
		stop, end = deadlineOnly(ctx)
		defer end()
	}
	var cause error
	for {
		select {
		case err := <-done:
			out.tell(c.line)
			if cause != nil {
				return fmt.Errorf("%s was stopped: %w", c.argv[0], cause)
			}
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return fmt.Errorf("cannot run %s: %w", c.argv[0], err)
			}
			return nil
		case <-tick.C:
			out.tell(c.line)
		case <-stop:
			cause, stop = context.Cause(ctx), nil
			if cause == nil {
				cause = context.DeadlineExceeded
			}
			stopped := make(chan struct{})
			defer close(stopped)
			go s.end(cmd.Process.Pid, c.keep, stopped)
		}
	}
}

// deadlineOnly is the Done channel of ctx's deadline, deaf to its being
// cancelled.
func deadlineOnly(ctx context.Context) (<-chan struct{}, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil, func() {}
	}
	c, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	return c.Done(), cancel
}

// end stops a program and all that it started, until done is closed. dpkg's
// own processes come last: when the maintainer script that hangs is gone, dpkg
// files the package as failed and ends in good order.
func (s *system) end(pid int, gently bool, done <-chan struct{}) {
	for round := 0; ; round++ {
		sig := unix.SIGTERM
		if round > 0 || !gently {
			sig = unix.SIGKILL
		}
		for _, p := range descendants(pid) {
			if gently && round < 2 && isPackageTool(p) {
				continue
			}
			_ = unix.Kill(p, sig) // it may have ended by itself
		}
		select {
		case <-done:
			return
		case <-time.After(s.grace):
		}
	}
}
