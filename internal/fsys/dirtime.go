package fsys

import (
	"time"

	"golang.org/x/sys/unix"
)

// coarse is more than the clock that stamps files can be behind: a tick, which
// is 10 ms at most.
const coarse = 20 * time.Millisecond

// Untouched reports whether no name in the directory was made, removed or
// renamed since then. It reads the change time, which only the kernel sets
// (inode(7)). It is false, too, when that cannot be known: shortly after a
// change, and on file systems whose clock may be another machine's.
func (d *handle) Untouched(since time.Time) (bool, error) {
	info, err := d.Self()
	if err != nil || since.IsZero() || !info.CTime.Before(since.Add(-coarse)) {
		return false, err
	}
	local, ok := d.own.local.Load(info.Dev)
	if !ok {
		var st unix.Statfs_t
		if err := ignoringEINTR(func() error { return unix.Fstatfs(d.fd, &st) }); err != nil {
			return false, d.errorAbout("look at", "", err)
		}
		local = ownClock(int64(st.Type)) //nolint:unconvert // 32 bits on some machines
		d.own.local.Store(info.Dev, local)
	}
	return local == true, nil
}

// ownClock tells of file systems that this kernel alone writes to.
func ownClock(magic int64) bool {
	switch magic {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true
	}
	return false
}
