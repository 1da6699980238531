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

// lockFile is the file that lckpwdf(3) locks for every shadow tool.
const lockFile = "/etc/.pwd.lock"

// lockPause is the interval between checks of the lock. Waiting for it by
// locking would need a thread that cannot be interrupted.
const lockPause = 50 * time.Millisecond

// awaitLock waits until the lock is free. The tools wait, too, but only for 15 seconds, and do not name the holder.
func (t *tools) awaitLock(ctx context.Context) error {
	deadline := time.Now().Add(t.LockTimeout)
	reported := ""
	for {
		holder, err := t.findHolder()
		if err != nil || holder == "" {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the user database has been locked by %s for more than %s", holder, t.LockTimeout)
		}
		if holder != reported {
			t.Waiting("the user database is locked by " + holder)
			reported = holder
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// findHolder names the process that holds the lock; "" if none does.
func (t *tools) findHolder() (string, error) {
	f, err := t.fs.Open(lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	held := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &held); err != nil {
		return "", fmt.Errorf("cannot tell who has locked %s: %w", lockFile, err)
	}
	if held.Type == unix.F_UNLCK {
		return "", nil
	}
	if held.Pid <= 0 { // another pid namespace
		return "a process outside this container", nil
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", held.Pid))
	if err != nil {
		return fmt.Sprintf("process %d", held.Pid), nil //nolint:nilerr // its name is a courtesy
	}
	return fmt.Sprintf("process %d (%s)", held.Pid, strings.TrimSpace(string(comm))), nil
}
