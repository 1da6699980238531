package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
)

// Where converge runs in a unit of systemd, a transaction must not: a package's
// script may restart that very unit, and systemd ends all processes of a unit
// that it stops. So apt runs in a scope of its own (systemd-run(1)), and where
// its script waits for our unit's restart, the run ends and leaves apt to it.

// leavePoll is how often a run that is to end looks whether apt waits for that.
const leavePoll = 100 * time.Millisecond

// ownUnit is the service of systemd that this process is in; "" if it is in
// none, or systemd does not run.
func ownUnit() string {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return ""
	}
	return process.ServiceOf("self")
}

// inScope has a program run in a scope of its own.
func (s *system) inScope(p process.Command) (process.Command, bool) {
	if s.unit == "" {
		return p, false
	}
	systemdRun, err := findProgram("", "systemd-run")
	if err != nil {
		return p, false
	}
	scope := fmt.Sprintf("--unit=converge-apt-%d-%d", os.Getpid(), s.scopes.Add(1))
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
func (s *system) runApart(ctx context.Context, p process.Command) (process.Result, error) {
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
				return process.Result{Status: -1}, &leftError{s.unit}
			}
		}
	}
}

// leftError reports a transaction that continues without this run.
type leftError struct{ unit string }

func (e *leftError) Error() string {
	return "apt goes on without this run: a package's script restarts " + e.unit + ", of which the run is part; the next run takes it up"
}

func (e *leftError) Unwrap() error { return resource.ErrLeft }

// waitsFor reports whether a process, or one of its children, is a systemctl
// that operates on a unit.
func waitsFor(pid int, unit string) bool {
	for _, p := range findDescendants(pid) {
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

// muted passes lines on until the run has ended.
type muted struct {
	off  atomic.Bool
	tell func(string)
}

func (m *muted) passLine(l string) {
	if !m.off.Load() {
		m.tell(l)
	}
}

// Blocked reports whether this process is part of a unit, and the package
// database is locked by a process that waits for that unit to be started or
// stopped: to wait for the lock would be to wait for ourselves.
func Blocked() (unit string, holder int, blocked bool) {
	unit = ownUnit()
	if unit == "" {
		return "", 0, false
	}
	h := host{}
	for _, lock := range []string{lockFrontend, lockDpkg} {
		if pid, held, err := h.lockHolder(lock); err == nil && held && pid > 0 && waitsFor(pid, unit) {
			return unit, pid, true
		}
	}
	return unit, 0, false
}

// resumeFile counts how often a unit was started again for a transaction that it
// had to be left to; in /run, so that a boot forgets it.
const resumeFile = "/run/converge-resumed"

// maxResumes is how often that happens within resumeAge: a package whose script
// restarts us and then fails would do so for ever.
const (
	maxResumes = 3
	resumeAge  = time.Hour
)

// Resume has systemd start a unit when a process has ended.
func Resume(ctx context.Context, unit string, holder int) error {
	if err := countResume(); err != nil {
		return err
	}
	s := &system{grace: time.Second}
	res, err := s.run(ctx, command{argv: []string{
		"systemd-run", "--quiet", "--collect", "--no-block", "--unit=converge-resume-" + fmt.Sprint(holder),
		"--property=ExecStopPost=/usr/bin/systemctl --no-block start " + unit,
		"--", "tail", fmt.Sprintf("--pid=%d", holder), "-f", "/dev/null",
	}})
	if err == nil && res.status != 0 && !strings.Contains(res.stderr, "already") {
		err = errors.New(firstErrors(res))
	}
	if err != nil {
		return fmt.Errorf("cannot have %s started again: %w", unit, err)
	}
	return nil
}

// ForgetResumes starts the count anew: a run that ended well shows that what was
// started again came to its end.
func ForgetResumes() error {
	// Only root resumes; of another user's run it is none of the business.
	if err := os.Remove(resumeFile); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("cannot forget how often it was started again: %w", err)
	}
	return nil
}

func countResume() error {
	info, err := os.Stat(resumeFile)
	if err == nil && time.Since(info.ModTime()) > resumeAge {
		_ = os.Remove(resumeFile)
	} else if err == nil && info.Size() >= maxResumes {
		return fmt.Errorf("it was started again %d times already for transactions that restart it", maxResumes)
	}
	f, err := os.OpenFile(resumeFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("cannot count how often it was started again: %w", err)
	}
	defer f.Close()
	if _, err := f.Write([]byte{'.'}); err != nil {
		return fmt.Errorf("cannot count how often it was started again: %w", err)
	}
	return nil
}
