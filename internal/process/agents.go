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

// GnuPG starts agents in the background, which outlive the program that needed them. They keep a tree from being
// unmounted, because it is their root, and write into folders that are about to be removed. An agent inherits the
// environment of the program that started it, so a mark there identifies the agents of one program.

// agentMark is the variable that has a unique value for each run of a program.
const agentMark = "CONVERGE_STARTED"

// agentGrace is how long an agent may take to finish its work.
const agentGrace = 5 * time.Second

// markAgents returns an environment with a new mark, and the mark.
func markAgents(env []string) (marked []string, mark string) {
	mark = agentMark + "=" + rand.Text()
	return With(env, mark), mark
}

// endAgents ends the agents whose environment has the mark, and returns when they have ended. A new one starts when a
// program needs it again.
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

// endAgent ends one agent through the descriptor fd, so that its number cannot become another process's between the
// check and the signal.
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

// isAgent reports whether a process is an agent of GnuPG with the mark. An ended process has no environment.
func isAgent(proc string, pid int, mark string) bool {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil || !slices.Contains([]string{"gpg-agent", "dirmngr", "keyboxd", "scdaemon"}, strings.TrimSpace(string(name))) {
		return false
	}
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	return err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(kv []byte) bool { return string(kv) == mark })
}
