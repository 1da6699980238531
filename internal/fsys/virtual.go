package fsys

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Virtual reports whether path is on a file system of kernel interfaces (procfs, sysfs, control groups): its files are
// written in place, cannot be made, removed or renamed, and do not report their size.
func (h *Held) Virtual(p string) (virtual bool, err error) {
	err = h.inParent(p, func(s spot) error {
		virtual = isVirtualAt(s.dir.fd)
		return nil
	})
	return virtual, errorAbout("look at", p, err)
}

// isVirtualAt reports whether an open directory is on such a file system. No user can add entries there, and in a
// container the owner is often unmapped.
func isVirtualAt(fd int) bool {
	var st unix.Statfs_t
	err := ignoringEINTR(func() error { return unix.Fstatfs(fd, &st) })
	return err == nil && isVirtual(int64(st.Type)) //nolint:unconvert // 32 bits on some machines
}

func isVirtual(magic int64) bool {
	switch magic {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.DEBUGFS_MAGIC,
		unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.EFIVARFS_MAGIC, unix.SELINUX_MAGIC, unix.SMACK_MAGIC:
		return true
	}
	return false
}

// WriteVirtual stages a write to a kernel interface: all of the content by one call, as the kernel requires. It
// truncates nothing: an ordinary file, in a test, keeps bytes beyond the content.
func (t *Txn) WriteVirtual(path string, live Info, content []byte) *Step {
	return t.stage("write", path, func(s *Step) error {
		if live.Type != Regular {
			return errors.New("it is " + live.Type.String())
		}
		s.virtual = true
		s.apply = func(s *Step) error {
			fd, err := openat(s.dir.fd, s.name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			return writeAll(fd, content)
		}
		return nil
	})
}

// CheckWritable returns why an existing file does not accept writes: its file system is read-only, or the kernel does
// not permit it. It writes nothing. The kernel may still refuse a value.
func (l *looks) CheckWritable(p string) error {
	err := l.inEntry(p, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY, func(int) error { return nil })
	return errorAbout("write", p, err)
}

// HasCapability reports whether this process has a capability of capabilities(7), by /proc of the root; true if /proc
// does not show it.
func (f *FS) HasCapability(number uint) bool {
	status, err := f.ReadFile("/proc/self/status", 1<<16)
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(status), "CapEff:")
	set, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	caps, err := strconv.ParseUint(set, 16, 64)
	return err != nil || caps&(1<<number) != 0
}
