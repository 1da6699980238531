package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/process"
)

// The four locks of dpkg and apt, in the order in which apt-get takes them.
// On request apt waits for the first two, but not for the others.
const (
	lockFrontend = "/var/lib/dpkg/lock-frontend"
	lockDpkg     = "/var/lib/dpkg/lock"
	lockArchives = "/var/cache/apt/archives/lock"
	lockLists    = "/var/lib/apt/lists/lock"
)

// lockPoll is the interval between checks of a lock. The kernel could wait
// instead, but that wait ignores contexts.
const lockPoll = 100 * time.Millisecond

// waitLocks returns when all locks are free, and names the holder meanwhile. It
// does not take them: apt-get and dpkg take their own, and if another program is
// faster the caller comes back here.
func (h *host) waitLocks(ctx context.Context, patience time.Duration, files ...string) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	said := ""
	for {
		file, pid, err := h.heldLock(files)
		if err != nil {
			return err
		}
		if file == "" {
			return nil
		}
		holder := "a process that cannot be seen from here"
		if pid > 0 {
			holder = fmt.Sprintf("process %d", pid)
			if c := commandLine(pid); c != "" {
				holder += " (" + c + ")"
			}
		}
		if m := file + " is held by " + holder; m != said {
			h.waiting(m)
			said = m
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting for %s, which %s holds: %w", file, holder, context.Cause(ctx))
		case <-limit.C:
			return fmt.Errorf("%s is still held by %s after %s; --lock-timeout waits longer", file, holder, patience)
		case <-tick.C:
		}
	}
}

// heldLock finds the first of the locks that some process holds. pid is not
// positive when the holder is in another pid namespace.
func (h *host) heldLock(files []string) (file string, pid int, err error) {
	for _, file := range files {
		pid, held, err := h.lockHolder(file)
		if err != nil {
			return "", 0, fmt.Errorf("cannot look at lock %q: %w", file, err)
		}
		if held {
			return file, pid, nil
		}
	}
	return "", 0, nil
}

func (h *host) lockHolder(file string) (pid int, held bool, err error) {
	f, err := h.tree.openFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // never taken yet
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l); err != nil {
		return 0, false, err
	}
	return int(l.Pid), l.Type != unix.F_UNLCK, nil
}

// findDescendants lists a process and all that it has started, directly or not,
// as far as they are still connected. dpkg runs in a session of its own, so a
// process group would miss it.
func findDescendants(pid int) []int {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return []int{pid}
	}
	for _, e := range entries {
		p, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := process.StatOf(p); ok {
			children[s.Parent] = append(children[s.Parent], p)
		}
	}
	out := []int{pid}
	for i := 0; i < len(out); i++ {
		out = append(out, children[out[i]]...)
	}
	return out
}

func isPackageTool(pid int) bool {
	comm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return false
	}
	switch strings.TrimSpace(string(comm)) {
	case "apt-get", "apt", "dpkg", "dpkg-deb":
		return true
	}
	return false
}

// commandLine is the command line of a process, shortened; "" if it has ended.
func commandLine(pid int) string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	s := strings.TrimSpace(strings.ReplaceAll(string(data), "\x00", " "))
	if s == "" {
		comm, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm") // a process without arguments; or it is gone
		s = strings.TrimSpace(string(comm))
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 80 {
		s = string(r[:79]) + "…"
	}
	return s
}
