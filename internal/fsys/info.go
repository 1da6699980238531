package fsys

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Type is the type of an entry.
type Type uint8

// The types of entries.
const (
	Other Type = iota
	Regular
	Directory
	Symlink
	Fifo
	Socket
	Device
	Nothing // returned by Dir only; elsewhere it is an error
)

// String names the type with its article: "a directory".
func (t Type) String() string {
	switch t {
	case Regular:
		return "a file"
	case Directory:
		return "a directory"
	case Symlink:
		return "a symbolic link"
	case Fifo:
		return "a named pipe"
	case Socket:
		return "a socket"
	case Device:
		return "a device"
	case Nothing:
		return "nothing"
	}
	return "of an unknown type"
}

// Info describes an entry.
type Info struct {
	Type     Type
	Mode     uint32 // bits of chmod(2), setuid, setgid and sticky included
	UID, GID uint32
	Size     int64 // bytes
	Used     int64 // bytes that it takes on disk
	Links    uint64
	Dev, Ino uint64
	MTime    time.Time
	CTime    time.Time

	// Only Look sets these.
	Born      time.Time // when it was made; zero: the file system does not record it
	Mount     bool      // a mount point: nothing can be renamed over it
	Immutable bool      // chattr +i or +a
	told      bool      // Mount is what the kernel says: before 5.8 it does not
}

func infoOf(st *unix.Stat_t) Info {
	return Info{
		Type: typeOf(st.Mode), Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid, Size: st.Size, Used: st.Blocks * sectorSize,
		Links: uint64(st.Nlink), Dev: st.Dev, Ino: st.Ino, //nolint:unconvert // 32 bits on some machines
		MTime: time.Unix(st.Mtim.Unix()), CTime: time.Unix(st.Ctim.Unix()),
	}
}

func typeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Symlink
	case unix.S_IFIFO:
		return Fifo
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFBLK, unix.S_IFCHR:
		return Device
	}
	return Other
}

// lstatx returns the entry name in the directory fd, or fd itself if name is
// empty.
func lstatx(fd int, name string) (Info, error) {
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	var sx unix.Statx_t
	err := ignoringEINTR(func() error { return unix.Statx(fd, name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &sx) })
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // before 4.11, or a seccomp filter
		var st unix.Stat_t
		err = ignoringEINTR(func() error { return unix.Fstatat(fd, name, &st, flags&^unix.AT_NO_AUTOMOUNT) })
		return infoOf(&st), err
	}
	var born time.Time
	if sx.Mask&unix.STATX_BTIME != 0 {
		born = time.Unix(sx.Btime.Sec, int64(sx.Btime.Nsec))
	}
	return Info{
		Type: typeOf(uint32(sx.Mode)), Mode: uint32(sx.Mode) & 0o7777, UID: sx.Uid, GID: sx.Gid, Size: int64(sx.Size), Used: int64(sx.Blocks) * sectorSize,
		Links: uint64(sx.Nlink), Dev: unix.Mkdev(sx.Dev_major, sx.Dev_minor), Ino: sx.Ino,
		MTime: time.Unix(sx.Mtime.Sec, int64(sx.Mtime.Nsec)), CTime: time.Unix(sx.Ctime.Sec, int64(sx.Ctime.Nsec)),
		Born:      born,
		Mount:     sx.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
		told:      sx.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0,
		Immutable: sx.Attributes&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0,
	}, err
}

// sectorSize is the unit of st_blocks (inode(7)).
const sectorSize = 512

// Same reports whether both are the same entry, unchanged.
func (i Info) Same(o Info) bool {
	return i.Dev == o.Dev && i.Ino == o.Ino && i.Size == o.Size && i.CTime.Equal(o.CTime)
}

// SameContent reports whether a file has not been written to since: it compares only size and modification time, because
// a second name for a backup changes the ctime, and on overlayfs a copy of the file changes the inode.
func (i Info) SameContent(o Info) bool {
	return i.Type == o.Type && i.Size == o.Size && i.MTime.Equal(o.MTime)
}

// maxHoles is the size in bytes up to which a file may be nearly all holes.
const maxHoles = 64 << 30

// Hollow returns an error for a file that is so long, and consists so much of holes, that reading it would take hours:
// making one costs its owner nothing.
func (i Info) Hollow() error {
	if i.Type != Regular || i.Size <= maxHoles || i.Used > i.Size/2 {
		return nil
	}
	return fmt.Errorf("it is %d GiB long and nearly all holes: shorten it (truncate), or remove it", i.Size>>30)
}
