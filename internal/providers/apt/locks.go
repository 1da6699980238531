package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// The four locks of dpkg and apt, in the order in which apt-get takes them.
// On request apt waits for the first two, but not for the others.
const (
	lockFrontend = "/var/lib/dpkg/lock-frontend"
	lockDpkg     = "/var/lib/dpkg/lock"
	lockArchives = "/var/cache/apt/archives/lock"
	lockLists    = "/var/lib/apt/lists/lock"
)

// lockPoll is the interval between checks of a lock. The kernel could wait
// instead, but that wait ignores contexts.
const lockPoll = 100 * time.Millisecond

// waitLocks returns when all locks are free, and names the holder meanwhile. It
// does not take them: apt-get and dpkg take their own, and if another program is
// faster the caller comes back here.
func (h *host) waitLocks(ctx context.Context, patience time.Duration, files ...string) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	said := ""
	for {
		file, pid, err := h.heldLock(files)
		if err != nil {
			return err
		}
		if file == "" {
			return nil
		}
		holder := "a process that cannot be seen from here"
		if pid > 0 {
			holder = fmt.Sprintf("process %d", pid)
			if c := commandLine(pid); c != "" {
				holder += " (" + c + ")"
			}
		}
		if m := file + " is held by " + holder; m != said {
			h.waiting(m)
			said = m
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting for %s, which %s holds: %w", file, holder, context.Cause(ctx))
		case <-limit.C:
			return fmt.Errorf("%s is still held by %s after %s; --lock-timeout waits longer", file, holder, patience)
		case <-tick.C:
		}
	}
}

// heldLock finds the first of the locks that some process holds. pid is not
// positive when the holder is in another pid namespace.
func (h *host) heldLock(files []string) (file string, pid int, err error) {
	for _, file := range files {
		pid, held, err := h.lockHolder(file)
		if err != nil {
			return "", 0, fmt.Errorf("cannot look at lock %q: %w", file, err)
		}
		if held {
			return file, pid, nil
		}
	}
	return "", 0, nil
}

func (h *host) lockHolder(file string) (pid int, held bool, err error) {
	f, err := h.tree.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // never taken yet
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l); err != nil {
		return 0, false, err
	}
	return int(l.Pid), l.Type != unix.F_UNLCK, nil
}
