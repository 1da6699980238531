package stowtest

import (
	"errors"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// write makes the tree below root, an empty directory: entries with their permissions, owners and times, and files with
// several names.
func (i *image) write(root string) error {
	dir, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: root, Err: err}
	}
	defer unix.Close(dir)
	made := map[uint64]string{} // the first name of each file with several
	for _, e := range i.entries[1:] {
		if err := e.write(dir, made); err != nil {
			return &fs.PathError{Op: "make", Path: root + "/" + e.path, Err: err}
		}
	}
	// Making an entry changes the time of its directory, so times are set last, from the bottom up.
	for _, e := range slices.Backward(i.entries[1:]) {
		times := []unix.Timespec{e.stat.Atim, e.stat.Mtim}
		if err := unix.UtimesNanoAt(dir, e.path, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "date", Path: root + "/" + e.path, Err: err}
		}
	}
	return nil
}

func (e entry) write(dir int, made map[uint64]string) error {
	kind := e.stat.Mode & unix.S_IFMT
	if kind != unix.S_IFDIR && e.stat.Nlink > 1 {
		if first, ok := made[e.stat.Ino]; ok {
			return unix.Linkat(dir, first, dir, e.path, 0)
		}
		made[e.stat.Ino] = e.path
	}
	perm := e.stat.Mode &^ unix.S_IFMT
	var err error
	switch kind {
	case unix.S_IFDIR:
		err = unix.Mkdirat(dir, e.path, perm)
	case unix.S_IFLNK:
		err = unix.Symlinkat(e.bytes, dir, e.path)
	case unix.S_IFREG:
		err = writeFile(dir, e.path, e.bytes, perm)
	default:
		err = errors.New("it is neither a file, a link nor a directory")
	}
	if err == nil && (int(e.stat.Uid) != unix.Geteuid() || int(e.stat.Gid) != unix.Getegid()) {
		err = unix.Fchownat(dir, e.path, int(e.stat.Uid), int(e.stat.Gid), unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil || kind == unix.S_IFLNK || perm == perm&0o755 {
		return err
	}
	return unix.Fchmodat(dir, e.path, perm, 0) // regardless of the umask
}

func writeFile(dir int, path, contents string, perm uint32) error {
	fd, err := unix.Openat(dir, path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, perm)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for len(contents) > 0 {
		n, err := unix.Write(fd, []byte(contents))
		if err != nil {
			return err
		}
		contents = contents[n:]
	}
	return nil
}
