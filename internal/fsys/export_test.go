package fsys

import "golang.org/x/sys/unix"

// WithoutOpenat2 makes f behave as on a kernel that lacks openat2.
func WithoutOpenat2(f *FS) { f.noOpenat2 = true }

// Ino opens path as a reader would and says what it came to.
func (f *FS) Ino(p string, follow bool) (uint64, error) {
	flags := unix.O_PATH
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := f.openPath(p, flags)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	return st.Ino, err
}

// DirWithoutOpenat2 makes d behave as on a kernel that lacks openat2.
func DirWithoutOpenat2(d *Dir) { d.own.noOpenat2 = true }
