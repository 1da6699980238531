package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/process"
)

// lockFile is what lckpwdf(3) locks, and with it every shadow tool.
const lockFile = "/etc/.pwd.lock"

// lockPause is the interval between checks of the lock. Waiting for it by
// locking would need a thread that cannot be interrupted.
const lockPause = 50 * time.Millisecond

// tools runs the shadow tools in a root, and knows the lock that they take.
type tools struct {
	fs *fsys.FS
	Options
}

// awaitLock waits until the lock is free. The tools wait too, but for 15
// seconds only, and do not name the holder.
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

// toolError is a tool that has failed.
type toolError struct {
	tool   string
	status int
	output string
}

func (e *toolError) Error() string {
	said := strings.ReplaceAll(e.output, "\n", "; ")
	if !strings.HasPrefix(said, e.tool+":") {
		said = strings.TrimSuffix(e.tool+": "+said, ": ")
	}
	return fmt.Sprintf("%s (exit status %d)", said, e.status)
}

// run runs one of the shadow tools in the root, and again if another program was
// faster to lock the database. Nothing secret may be among args, which everyone on
// the machine can read: that is for stdin.
func (t *tools) run(ctx context.Context, stdin, name string, args ...string) error {
	path, err := process.Find(name, process.DefaultPath) // which need not be ours
	if err != nil {
		return fmt.Errorf("cannot find %s, which the shadow tools bring (package passwd, shadow or shadow-utils)", name)
	}
	if root := t.fs.Root(); root != "/" {
		flag := "--root" // of all of them
		args = append([]string{flag, root}, args...)
	}
	deadline := time.Now().Add(t.LockTimeout)
	for {
		err := runTool(ctx, stdin, path, args)
		var failed *toolError
		if !errors.As(err, &failed) || !strings.Contains(failed.output, "cannot lock") || time.Now().After(deadline) {
			return err
		}
		if err := t.awaitLock(ctx); err != nil {
			return err
		}
	}
}

// runTool lets a tool that has started come to its end: what it changes are
// databases, and it takes no time.
func runTool(ctx context.Context, stdin, path string, args []string) error {
	r, err := process.Run(ctx, process.Command{
		Path: path, Argv: append([]string{path}, args...), Stdin: stdin, Finish: true,
		Env: []string{"LC_ALL=C", "LANG=C", "PATH=" + process.DefaultPath},
	})
	if err == nil && !r.OK() {
		return &toolError{tool: filepath.Base(path), status: r.Status, output: strings.TrimSpace(r.Stdout)}
	}
	return err
}
