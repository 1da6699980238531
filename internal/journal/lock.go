package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked means that another run holds the lock. The error that wraps it names that run.
var ErrLocked = errors.New("another run holds it")

// owner is the entry of the lock's holder in the lock file.
type owner struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

func (o owner) String() string {
	if o.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d (%s) since %s", o.PID, o.Command, o.Since.Local().Format(time.DateTime))
}

// parseOwner reads the entry of the holder. An entry that is half written, or of another version, yields just "another
// process".
func parseOwner(b []byte) owner {
	var o owner
	if err := json.Unmarshal(b, &o); err != nil || o.PID <= 0 {
		return owner{}
	}
	o.Command = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, o.Command)
	return o
}

// readOwner reads the entry of the lock's holder, and asks the kernel whether it still holds the lock: a killed
// process exists for a moment longer than its locks, and its number may since belong to another one. It asks by trying
// a shared lock, which disturbs others no longer than the call.
func readOwner(root *os.Root) (o owner, held bool) {
	f, err := openFile(root, "lock")
	if err != nil {
		return owner{}, false
	}
	defer f.Close()
	held = errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return owner{}, held
	}
	return parseOwner(b), held
}

// takeLock returns the locked file. The kernel unlocks it when it is closed. No child inherits it, so no process that
// a run leaves behind holds it.
func takeLock(ctx context.Context, root *os.Root, o Options) (*os.File, error) {
	var named string
	deadline := time.Now().Add(o.LockTimeout)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		f, err := tryLock(root)
		if f != nil || err != nil {
			return f, err
		}
		by, _ := readOwner(root)
		holder := by.String()
		left := time.Until(deadline)
		if left <= 0 {
			return nil, fmt.Errorf("cannot lock state folder %s: %w: %s", root.Name(), ErrLocked, holder)
		}
		if o.Waiting != nil && holder != named {
			o.Waiting(holder)
			named = holder
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(min(pause, left)):
		}
	}
}

// tryLock returns nil if another process holds the lock.
func tryLock(root *os.Root) (*os.File, error) {
	f, err := root.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock state folder: %w", orDamage(root, "lock", err))
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		// The file may have been deleted between open and flock: such a lock
		// excludes no other run.
		here, err1 := f.Stat()
		there, err2 := root.Lstat("lock")
		switch {
		case err2 == nil && !there.Mode().IsRegular():
			err = orDamage(root, "lock", unix.EWOULDBLOCK)
		case err1 == nil && err2 == nil && os.SameFile(here, there):
			writeOwner(f)
			return f, nil
		default:
			err = unix.EWOULDBLOCK
		}
	}
	f.Close()
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, nil
	case !errors.Is(err, ErrDamaged):
		err = &os.PathError{Op: "flock", Path: f.Name(), Err: err}
	}
	return nil, fmt.Errorf("cannot lock state folder: %w", err)
}

// writeOwner is for people only, and so neither atomic nor synced: a full disk must not prevent a run that may free
// some space. It names the command but not its arguments, which may contain values.
func writeOwner(f *os.File) {
	command := filepath.Base(os.Args[0])
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		command += " " + os.Args[1]
	}
	b, err := json.Marshal(owner{os.Getpid(), command, time.Now().UTC().Truncate(time.Second)})
	if err == nil && f.Truncate(0) == nil {
		_, _ = f.WriteAt(append(b, '\n'), 0)
	}
}

// Holder returns the name that the run in progress has written into the lock; "" if there is none, or if this state
// holds the lock itself. A run that Open found in progress remains the one.
func (f *folder) Holder() string {
	if f.root == nil || f.lock != nil {
		return ""
	}
	if f.holder != "" {
		return f.holder
	}
	if o, held := readOwner(f.root); held {
		return o.String()
	}
	return ""
}

// isRunning reports whether a run without an end, made by the process pid (0: not known), is in progress. If the lock
// is free, it is not: it was killed, or has ended since its file was read.
func (f *folder) isRunning(pid int) bool {
	if !f.readOnly {
		return false
	}
	o, held := readOwner(f.root)
	if !held || o.PID != 0 && pid != 0 && o.PID != pid {
		return false // otherwise another run holds it, which will clear up
	}
	f.holder = o.String()
	return true
}
