package cli_test

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// faulty returns the commands whose system calls are made to fail.
func faulty() []string {
	return []string{
		"unfold deep", "refold deep", "restow without folding", "switch folded", "adopt", "back up", "prune",
		"stow unfolds another", "unstow refolds another", "switch beside another", "config", "force unstow", "several",
		"view: stow", "generation: another",
	}
}

// TestFailsAnywhere makes each changing system call fail, once and from then on: the command reports it and exits with
// 2, everything stays reachable, and repeating the command completes it.
func TestFailsAnywhere(t *testing.T) {
	needTime(t)
	var sum tallies
	t.Cleanup(func() { sum.print(t) })
	for _, k := range slices.Concat(naive(), versions()) {
		if !slices.Contains(faulty(), k.name) {
			continue
		}
		k.other = []string{none}
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := k.scene(t)
			s.CheckMessage = func(err error, output string) error {
				if k.writes && output == "" {
					return nil // writing the message was the call that failed
				}
				return told(err, output)
			}
			errnos := []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EROFS}
			if k.target == "view" {
				errnos = errnos[:2] // an unwritable store does not know its views
			}
			sum.add(k.name, s.Faults(t, errnos...))
		})
	}
}

// told requires exit status 2 and a message that names a path and a cause.
func told(err error, output string) error {
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit) || exit.ExitCode() != 2:
		return fmt.Errorf("%w, want exit status 2\n%s", err, output)
	case !strings.Contains(output, "stow2: ERROR: ") || !strings.Contains(output, "/root/"):
		return fmt.Errorf("names no path: %s", output)
	case !strings.Contains(output, "input/output error") && !strings.Contains(output, "no space left") && !strings.Contains(output, "read-only"):
		return fmt.Errorf("names no cause: %s", output)
	}
	return nil
}
