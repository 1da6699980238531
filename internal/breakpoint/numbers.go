package breakpoint

import "golang.org/x/sys/unix"

// numberOf returns the number of a system call, of those that change a file system or
// a lock, or tell another process or are told by one.
func numberOf(name string) (int32, bool) {
	number, known := map[string]int32{
		"flock": unix.SYS_FLOCK, "mkdirat": unix.SYS_MKDIRAT, "symlinkat": unix.SYS_SYMLINKAT, "linkat": unix.SYS_LINKAT,
		"unlinkat": unix.SYS_UNLINKAT, "renameat": unix.SYS_RENAMEAT, "renameat2": unix.SYS_RENAMEAT2, "fsync": unix.SYS_FSYNC,
		"syncfs": unix.SYS_SYNCFS, "openat": unix.SYS_OPENAT, "write": unix.SYS_WRITE, "read": unix.SYS_READ, "copy_file_range": unix.SYS_COPY_FILE_RANGE,
		"fchown": unix.SYS_FCHOWN, "fchmod": unix.SYS_FCHMOD, "utimensat": unix.SYS_UTIMENSAT,
		"mount": unix.SYS_MOUNT, "umount2": unix.SYS_UMOUNT2, "move_mount": unix.SYS_MOVE_MOUNT, "mount_setattr": unix.SYS_MOUNT_SETATTR,
		"fsconfig": unix.SYS_FSCONFIG, "sethostname": unix.SYS_SETHOSTNAME, "fsetxattr": unix.SYS_FSETXATTR, "setxattr": unix.SYS_SETXATTR,
		"fchownat": unix.SYS_FCHOWNAT, "fchmodat": unix.SYS_FCHMODAT, "fallocate": unix.SYS_FALLOCATE, "execve": unix.SYS_EXECVE,
		"fdatasync": unix.SYS_FDATASYNC, "ftruncate": unix.SYS_FTRUNCATE, "pwrite64": unix.SYS_PWRITE64, "sendmsg": unix.SYS_SENDMSG,
	}[name]
	return number, known
}
