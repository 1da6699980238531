package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/process"
)

// commandLine returns the command line of a process; "" if it has ended.
func commandLine(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(string(data), "\x00", " "))
}

// findProcess returns the oldest process whose command line matches; 0 if there is none.
func findProcess(line string) (found int) {
	matches := regexp.MustCompile(line)
	for _, pid := range processes() {
		if matches.MatchString(commandLine(pid)) && (found == 0 || pid < found) {
			found = pid
		}
	}
	return found
}

// findGroup returns the processes of a process group.
func findGroup(group int) (pids []int) {
	for _, pid := range processes() {
		if of, err := unix.Getpgid(pid); err == nil && of == group {
			pids = append(pids, pid)
		}
	}
	return pids
}

func processes() (pids []int) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil // the pattern is good
	}
	for _, dir := range folders {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killProcesses kills processes, and returns when they have ended.
func killProcesses(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Errorf("cannot kill process %d: %v", pid, err)
		}
	}
	for _, pid := range pids {
		if err := process.AwaitExit(t.Context(), pid, patience); err != nil {
			t.Error(err)
		}
	}
}

// argumentOf returns the bytes that a stopped call writes, or the path that it opens.
func argumentOf(c breakpoint.Call) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", c.Process))
	if err != nil {
		return "" // the process has ended
	}
	defer memory.Close()
	text := make([]byte, 1<<12)
	if c.Name == "write" {
		text = text[:min(uint64(len(text)), c.Args[2])]
	}
	n, err := memory.ReadAt(text, int64(c.Args[1])) //nolint:gosec // an address of a program
	if n == 0 && err != nil {
		return ""
	}
	text = text[:n]
	if c.Name == "openat" {
		text, _, _ = bytes.Cut(text, []byte{0})
	}
	return string(text)
}
