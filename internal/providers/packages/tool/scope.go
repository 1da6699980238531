package tool

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
)

// If converge runs in a unit of systemd, a transaction must not: a package's script may restart that very unit, and
// systemd ends all processes of a unit that it stops. So the manager runs in a scope of its own (systemd-run(1)), and
// if its script waits for our unit's restart, the run ends and leaves the manager to it.

// leavePoll is the interval at which a run that is asked to end checks whether the manager waits for that.
const leavePoll = 100 * time.Millisecond

// ownUnit is the service of systemd that contains this process; "" if there is none, or systemd does not run.
func ownUnit() string {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return ""
	}
	return process.ServiceOf("self")
}

// inScope makes a program run in a scope of its own.
func (s *System) inScope(p process.Command) (process.Command, bool) {
	if s.unit == "" {
		return p, false
	}
	systemdRun, err := FindProgram("", "systemd-run")
	if err != nil {
		return p, false
	}
	scope := fmt.Sprintf("--unit=converge-%s-%d-%d", s.family.Manager, os.Getpid(), s.scopes.Add(1))
	p.Argv = append([]string{"systemd-run", "--scope", "--quiet", "--collect", scope, "--", p.Path}, p.Argv[1:]...)
	p.Path = systemdRun
	return p, true
}

// failedToScope reports whether systemd-run failed before it ran anything.
func failedToScope(r process.Result) bool {
	return r.Status == 1 && strings.HasPrefix(r.Stdout+r.Stderr, "Failed to ")
}

// runApart runs a program that ends independently of this run. It returns early,
// with [resource.ErrLeft], if the program waits for this run to end because
// systemd stops our unit for it.
func (s *System) runApart(ctx context.Context, p process.Command) (process.Result, error) {
	type end struct {
		r   process.Result
		err error
	}
	ended, started := make(chan end, 1), make(chan int, 1)
	p.Started = func(pid int) error {
		started <- pid
		return nil
	}
	go func() {
		r, err := process.Run(ctx, p)
		ended <- end{r, err}
	}()
	select {
	case e := <-ended:
		return e.r, e.err
	case <-ctx.Done():
	}
	pid := 0
	tick := time.NewTicker(leavePoll)
	defer tick.Stop()
	for {
		select {
		case e := <-ended:
			return e.r, e.err
		case pid = <-started:
		case <-tick.C:
			if pid > 0 && waitsFor(pid, s.unit) {
				return process.Result{Status: -1}, &leftError{s.family.Manager, s.unit}
			}
		}
	}
}

// leftError reports a transaction that continues without this run.
type leftError struct{ manager, unit string }

func (e *leftError) Error() string {
	return e.manager + " goes on without this run: a package's script restarts " + e.unit + ", of which the run is part; the next run takes it up"
}

func (e *leftError) Unwrap() error { return resource.ErrLeft }

// waitsFor reports whether a process, or one of its children, is a systemctl
// that operates on a unit.
func waitsFor(pid int, unit string) bool {
	for _, p := range FindDescendants(pid) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p))
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")
		if path.Base(args[0]) != "systemctl" {
			continue
		}
		for _, arg := range args[1:] {
			if arg == unit || arg+".service" == unit {
				return true
			}
		}
	}
	return false
}
