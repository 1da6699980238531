package fsys

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// handle is an open directory: its path, its lock, its own state. [Dir] adds its entries.
type handle struct {
	fd    int
	above *handle // the directory that it was opened from, for messages; may be closed
	name  string  // in above, or a whole path
	blind bool    // with search permission only: it cannot be listed
	own   *common
}

// common is shared by directories that were opened from one another.
type common struct {
	fs        *FS // in which links are resolved; nil: as the process sees them
	noOpenat2 bool
	buffers   sync.Pool // of *[dirBuffer]byte
	local     sync.Map  // device number -> whether its file system's clock is ours
}

// newDir returns a directory that was opened from this one.
func (d *handle) newDir(fd int, name string, blind bool) *Dir {
	return &Dir{handle: handle{fd: fd, above: d, name: name, blind: blind, own: d.own}}
}

// Close closes the directory, once. Those opened from it stay open.
func (d *handle) Close() error {
	fd := d.fd
	d.fd = -1
	if fd < 0 {
		return nil
	}
	return unix.Close(fd)
}

// Fd returns the file descriptor, which is open as long as d is.
func (d *handle) Fd() int { return d.fd }

// Path returns the path at which the directory was opened.
func (d *handle) Path() string {
	if d.above == nil {
		return d.name
	}
	return joinName(d.above.Path(), d.name)
}

func (d *handle) errorAbout(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return errorAbout(verb, joinName(d.Path(), name), err)
}

// Self returns the directory itself.
func (d *handle) Self() (Info, error) {
	info, err := lstatx(d.fd, "")
	return info, d.errorAbout("look at", "", err)
}

// DefaultACL reports whether new entries of the directory inherit an access
// list.
func (d *handle) DefaultACL() bool {
	n, err := unix.Fgetxattr(d.fd, "system.posix_acl_default", nil)
	return err == nil && n > 0
}

// Sync makes the names in the directory durable.
func (d *handle) Sync() error {
	return d.errorAbout("sync", "", ignoringEINTR(func() error { return unix.Fsync(d.fd) }))
}

// SyncFS makes everything on the directory's file system durable.
func (d *handle) SyncFS() error { return d.errorAbout("sync", "", syncfs(d.fd)) }

// coarse is more than the clock of time stamps can be late: a tick, which is at most 10 ms.
const coarse = 20 * time.Millisecond

// Untouched reports whether no name in the directory was made, removed or renamed since then. It reads the change time,
// which only the kernel sets (inode(7)). It also returns false if that cannot be known: shortly after a change, and on
// file systems that may use another machine's clock.
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

// ownClock reports whether only this kernel writes to a type of file system.
func ownClock(magic int64) bool {
	switch magic {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true
	}
	return false
}

// RootOf opens a directory once more as an os.Root, which reads and changes below it to any depth, and never leaves it.
func RootOf(d *Dir) (*os.Root, error) {
	root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", d.fd))
	if err != nil {
		return nil, d.errorAbout("open", "", err)
	}
	return root, nil
}
