package tool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// lockPoll is the interval between checks of a lock. The kernel could wait
// instead, but that wait ignores contexts.
const lockPoll = 100 * time.Millisecond

// Lock is the means of a package manager to exclude other programs.
type Lock interface {
	Name() string // its file
	// Holder returns the process that holds it. pid is not positive if that process cannot be seen
	// from here.
	Holder() (pid int, held bool, err error)
}

// LockedError is the error of a wait for a lock that another program has held for too long. The waiting operation was
// not begun.
type LockedError struct{ msg string }

func (e *LockedError) Error() string { return e.msg }

// WaitLocks returns when all locks are free, and names the holder meanwhile. It does not take them: the managers take
// their own, and if another program is faster the caller waits again.
func (h *Host) WaitLocks(ctx context.Context, patience time.Duration, locks ...Lock) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	said := ""
	for {
		lock, pid, err := heldLock(locks)
		if err != nil {
			return err
		}
		if lock == nil {
			return nil
		}
		holder := describeHolder(pid)
		if m := lock.Name() + " is held by " + holder; m != said {
			h.waiting(m)
			said = m
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting for %s, which %s holds: %w", lock.Name(), holder, context.Cause(ctx))
		case <-limit.C:
			return &LockedError{fmt.Sprintf("%s is still held by %s after %s; --lock-timeout waits longer%s", lock.Name(), holder, roundDuration(patience), hintOn(lock, pid))}
		case <-tick.C:
		}
	}
}

// hintOn is advice on a lock whose holder is not visible.
func hintOn(lock Lock, pid int) string {
	if _, outlives := lock.(leftFile); outlives && pid <= 0 {
		return "; if no program is at work, not in a container either, remove the file"
	}
	return ""
}

func describeHolder(pid int) string {
	if pid <= 0 {
		return "a process that cannot be seen from here"
	}
	holder := fmt.Sprintf("process %d", pid)
	if c := commandLine(pid); c != "" {
		holder += " (" + c + ")"
	}
	return holder
}

// heldLock finds the first of the locks that some process holds.
func heldLock(locks []Lock) (lock Lock, pid int, err error) {
	for _, lock := range locks {
		pid, held, err := lock.Holder()
		if err != nil {
			return nil, 0, fmt.Errorf("cannot look at lock %q: %w", lock.Name(), err)
		}
		if held {
			return lock, pid, nil
		}
	}
	return nil, 0, nil
}

// recordLock is a lock by fcntl(2) on a whole file.
type recordLock struct {
	tree fsys.Files
	file string
}

// RecordLock is a lock that its holder takes by fcntl(2): of dpkg, apt and rpm.
func RecordLock(tree fsys.Files, file string) Lock { return recordLock{tree, file} }

func (l recordLock) Name() string { return l.file }

func (l recordLock) Holder() (pid int, held bool, err error) {
	f, err := l.tree.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // never taken yet
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	how := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &how); err != nil {
		return 0, false, err
	}
	return int(how.Pid), how.Type != unix.F_UNLCK, nil
}

// pidLock is a file with the number of the process that made it.
type pidLock struct {
	tree     fsys.Files
	file     string
	programs []string
}

// PidLock is a lock that is a file with the number of its holder, and counts while
// that process runs one of the programs (by /proc/PID/comm; none: any).
func PidLock(tree fsys.Files, file string, programs ...string) Lock {
	return pidLock{tree, file, programs}
}

func (l pidLock) Name() string { return l.file }

func (l pidLock) Holder() (pid int, held bool, err error) {
	data, err := l.tree.ReadFile(l.file, 64)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0, false, nil //nolint:nilerr // empty or torn: its maker has ended, or is about to write
	}
	name := programName(pid)
	if name == "" {
		return pid, false, nil
	}
	if len(l.programs) == 0 {
		return pid, true, nil
	}
	for _, p := range l.programs {
		if p == name {
			return pid, true, nil
		}
	}
	return pid, false, nil
}
