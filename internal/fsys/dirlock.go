package fsys

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked is the cause when another process holds the lock.
var ErrLocked = errors.New("another process holds its lock")

// TryLock takes the lock of the directory (flock(2)), shared or exclusive, or
// fails with ErrLocked at once. Close, or the end of the process, releases it.
func (d *handle) TryLock(exclusive bool) error {
	how := unix.LOCK_SH | unix.LOCK_NB
	if exclusive {
		how = unix.LOCK_EX | unix.LOCK_NB
	}
	err := ignoringEINTR(func() error { return unix.Flock(d.fd, how) })
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = ErrLocked
	case d.blind && errors.Is(err, unix.EBADF):
		err = unix.EACCES
	}
	return d.errorAbout("lock", "", err)
}

// How long Lock waits between tries: it must notice a cancellation, which a waiting flock(2) does not.
const (
	firstWait = time.Millisecond
	longWait  = 50 * time.Millisecond
)

// Lock takes the lock, and waits for it until the context ends. Before it waits, it calls waiting once, unless nil, with
// the processes that hold the lock, as far as they are known.
func (d *handle) Lock(ctx context.Context, exclusive bool, waiting func(holders []int)) error {
	err := d.TryLock(exclusive)
	if !errors.Is(err, ErrLocked) {
		return err
	}
	if waiting != nil {
		waiting(d.findLockers())
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := firstWait; errors.Is(err, ErrLocked); wait = min(2*wait, longWait) {
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return d.errorAbout("lock", "", context.Cause(ctx))
		case <-timer.C:
			err = d.TryLock(exclusive)
		}
	}
	return err
}

// Unlock releases the lock early.
func (d *handle) Unlock() error {
	return d.errorAbout("unlock", "", ignoringEINTR(func() error { return unix.Flock(d.fd, unix.LOCK_UN) }))
}

// findLockers reads the lock's holders from /proc/locks.
func (d *handle) findLockers() (holders []int) {
	info, err := d.Self()
	if err != nil {
		return nil
	}
	f, err := os.Open("/proc/locks")
	if err != nil {
		return nil
	}
	defer f.Close()
	inode := fmt.Sprintf("%02x:%02x:%d", unix.Major(info.Dev), unix.Minor(info.Dev), info.Ino)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// 1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF; for a waiting process "->" comes first.
		w := strings.Fields(lines.Text())
		if len(w) < 6 || w[1] != "FLOCK" || w[5] != inode {
			continue
		}
		if pid, err := strconv.Atoi(w[4]); err == nil && pid > 0 {
			holders = append(holders, pid)
		}
	}
	return holders
}
