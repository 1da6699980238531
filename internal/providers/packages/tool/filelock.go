package tool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// fileLock is a lock by flock(2).
type fileLock struct {
	tree  fsys.Files
	file  string
	locks string // see proc_locks(5)
}

// FileLock is a lock that its holder takes by flock(2): of debconf. It is looked up instead of tried, because a
// program that finds it taken, if only for a moment, gives up.
func FileLock(tree fsys.Files, file string) Lock { return fileLock{tree, file, "/proc/locks"} }

func (l fileLock) Name() string { return l.file }

func (l fileLock) Holder() (pid int, held bool, err error) {
	info, err := l.tree.Stat(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false, nil
	}
	id := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	data, err := os.ReadFile(l.locks)
	if err != nil {
		return 0, false, nil //nolint:nilerr // it cannot be seen here: the program that needs the lock finds out
	}
	for line := range strings.Lines(string(data)) {
		// ID: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" || f[3] != "WRITE" || f[5] != id {
			continue
		}
		pid, err := strconv.Atoi(f[4])
		if err != nil {
			pid = 0
		}
		return pid, true, nil
	}
	return 0, false, nil
}
