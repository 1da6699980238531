package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Blocked reports whether this process is part of a unit, and one of the locks is
// held by a process that waits for that unit to be started or stopped: to wait for
// the lock would be to wait for ourselves.
func Blocked(locks ...Lock) (unit string, holder int, blocked bool) {
	unit = ownUnit()
	if unit == "" {
		return "", 0, false
	}
	for _, lock := range locks {
		if pid, held, err := lock.Holder(); err == nil && held && pid > 0 && waitsFor(pid, unit) {
			return unit, pid, true
		}
	}
	return unit, 0, false
}

// resumeFile counts how often a unit was restarted because its run had to leave a transaction to the manager; it is in
// /run, so that a boot resets it.
const resumeFile = "/run/converge-resumed"

// Bounds for restarts within resumeAge: a package whose script restarts us and then fails would do so for ever.
const (
	maxResumes = 3
	resumeAge  = time.Hour
)

// Resume has systemd start a unit when a process has ended.
func Resume(ctx context.Context, unit string, holder int) error {
	if err := countResume(); err != nil {
		return err
	}
	s := &System{grace: time.Second}
	res, err := s.Run(ctx, Command{Argv: []string{
		"systemd-run", "--quiet", "--collect", "--no-block", "--unit=converge-resume-" + fmt.Sprint(holder),
		"--setenv=UNIT=" + unit, // its name may have escapes, which a command line would lose
		"--property=ExecStopPost=/usr/bin/systemctl --no-block start ${UNIT}",
		"--", "tail", fmt.Sprintf("--pid=%d", holder), "-f", "/dev/null",
	}})
	if err == nil && res.Status != 0 && !strings.Contains(res.Stderr, "already") {
		err = errors.New(LastLines(res.Stderr+res.Stdout, 3))
	}
	if err != nil {
		return fmt.Errorf("cannot have %s started again: %w", unit, err)
	}
	return nil
}

// ForgetResumes resets the count: the success of this run shows that the restarted work was completed.
func ForgetResumes() error {
	// Only root resumes; another user's run must not touch the file.
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
