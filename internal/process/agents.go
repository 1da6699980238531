package process

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// GnuPG starts agents in the background, which stay when the program that needed them has
// ended. They keep a tree from being unmounted, because it is their root, and write into
// folders that are about to be removed. An agent inherits the environment of what started
// it, so a mark there tells those of one program from all others.

// agentMark is the variable whose value only one run of a program has.
const agentMark = "CONVERGE_STARTED"

// agentGrace is how long an agent has to finish what it was asked for.
const agentGrace = 5 * time.Second

// markAgents returns an environment with a mark of its own, and the mark.
func markAgents(env []string) (marked []string, mark string) {
	mark = agentMark + "=" + rand.Text()
	return With(env, mark), mark
}

// endAgents ends the agents whose environment has the mark, and returns when they have
// ended. Another one starts when a program needs it again.
func endAgents(mark string) {
	for _, pid := range findAgents("/proc", mark) {
		fd, err := unix.PidfdOpen(pid, 0)
		switch {
		case errors.Is(err, unix.ESRCH):
			continue // it has ended by itself
		case err != nil: // kernels before 5.3
			_ = unix.Kill(pid, unix.SIGTERM) // as above
			continue
		}
		endAgent(pid, fd, mark)
		unix.Close(fd)
	}
}

// endAgent ends one agent, which fd holds: its number cannot become another process's
// between the look and the signal.
func endAgent(pid, fd int, mark string) {
	if !isAgent("/proc", pid, mark) {
		return
	}
	for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0) // it may have ended by itself
		if err := AwaitExit(context.Background(), pid, agentGrace); err == nil && !isAgent("/proc", pid, mark) {
			return
		}
	}
}

// findAgents lists the agents whose environment has the mark.
func findAgents(proc, mark string) (pids []int) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil // it is not mounted
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && isAgent(proc, pid, mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isAgent reports whether a process is an agent of GnuPG with the mark. One that has ended
// has no environment.
func isAgent(proc string, pid int, mark string) bool {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil || !slices.Contains([]string{"gpg-agent", "dirmngr", "keyboxd", "scdaemon"}, strings.TrimSpace(string(name))) {
		return false
	}
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	return err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(kv []byte) bool { return string(kv) == mark })
}
