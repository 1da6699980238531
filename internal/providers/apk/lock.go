package apk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// lockFiles are the files that apk locks by flock(2): apk 3's, if it exists, and the older one.
func lockFiles() []string { return []string{"/run/apk/db.lock", "/lib/apk/db/lock"} }

func (d *database) locks() []tool.Lock { return locksOf(d.Tree) }

func locksOf(tree fsys.Files) []tool.Lock {
	var list []tool.Lock
	for _, file := range lockFiles() {
		list = append(list, fileLock{tree, file})
	}
	return list
}

// Locks are the locks of this machine's apk: see [tool.Blocked].
func Locks() []tool.Lock { return locksOf(fsys.Files{}) }

// fileLock is a lock that its holder takes by flock(2).
type fileLock struct {
	tree fsys.Files
	file string
}

func (l fileLock) Name() string { return l.file }

// Holder implements [tool.Lock]. It takes the lock for a moment to check whether it is free, shared, so that two
// checks do not see each other.
func (l fileLock) Holder() (pid int, held bool, err error) {
	f, err := l.tree.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // never taken yet
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return findHolder(f), true, nil
	}
	return 0, false, err
}

// findHolder finds the process that has locked a file, by /proc/locks (proc(5)); 0 if it is not visible.
func findHolder(f *os.File) int {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	data, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0
	}
	return parseLocks(data, st.Ino)
}

// parseLocks finds the process of a line "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF".
// The device is not compared: that of a file on an overlay is another one there.
func parseLocks(data []byte, inode uint64) int {
	for line := range bytes.Lines(data) {
		f := bytes.Fields(line)
		if len(f) < 6 || string(f[1]) != "FLOCK" {
			continue
		}
		place := bytes.Split(f[5], []byte(":"))
		if string(place[len(place)-1]) != strconv.FormatUint(inode, 10) {
			continue
		}
		if pid, err := strconv.Atoi(string(f[4])); err == nil {
			return pid
		}
	}
	return 0
}

// lock keeps every apk out, once none is at work.
func (d *database) lock(ctx context.Context) (unlock func(), err error) {
	end := time.Now().Add(d.Patience)
	var pauses tool.Pauses
	for {
		if err := d.WaitLocks(ctx, max(0, time.Until(end)), d.locks()...); err != nil {
			return nil, err
		}
		unlock, err := d.tryLock()
		if !errors.Is(err, unix.EWOULDBLOCK) || !time.Now().Before(end) {
			return unlock, err
		}
		if err := pauses.Wait(ctx); err != nil {
			return nil, fmt.Errorf("stopped waiting for apk's lock: %w", err)
		}
	}
}

// tryLock takes the lock of apk, if it is free.
func (d *database) tryLock() (unlock func(), err error) {
	for _, file := range lockFiles() {
		f, err := d.Tree.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot take the lock %s: %w", file, err)
		}
		return func() { _ = f.Close() }, nil // which releases it
	}
	return func() {}, nil // no apk has ever run here
}
