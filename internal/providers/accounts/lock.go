package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockFile is what lckpwdf(3) locks, and with it every shadow tool.
const lockFile = "/etc/.pwd.lock"

// lockPause is the interval between checks of the lock. Waiting for it by
// locking would need a thread that cannot be interrupted.
const lockPause = 50 * time.Millisecond

// waitUnlocked waits until the lock is free. The tools wait too, but for 15
// seconds only, and do not name the holder.
func (a *Accounts) waitUnlocked(ctx context.Context) error {
	deadline := time.Now().Add(a.timeout)
	told := ""
	for {
		holder, err := a.lockHolder()
		if err != nil || holder == "" {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the user database has been locked by %s for more than %s", holder, a.timeout)
		}
		if holder != told {
			a.waiting("the user database is locked by " + holder)
			told = holder
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// lockHolder names the process that holds the lock; "" if none does.
func (a *Accounts) lockHolder() (string, error) {
	f, err := a.fs.Open(lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l); err != nil {
		return "", fmt.Errorf("cannot tell who has locked %s: %w", lockFile, err)
	}
	if l.Type == unix.F_UNLCK {
		return "", nil
	}
	if l.Pid <= 0 { // another pid namespace
		return "a process outside this container", nil
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", l.Pid))
	if err != nil {
		return fmt.Sprintf("process %d", l.Pid), nil //nolint:nilerr // its name is a courtesy
	}
	return fmt.Sprintf("process %d (%s)", l.Pid, strings.TrimSpace(string(comm))), nil
}
