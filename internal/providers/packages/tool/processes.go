package tool

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"converge/internal/process"
)

// FindDescendants lists a process and all that it has started, directly or not, as far as they are still connected. A
// manager may run in a session of its own, so a process group would miss it.
func FindDescendants(pid int) []int {
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

// isOwn reports whether a process runs a program of the family itself, and not a
// script of a package.
func (s *System) isOwn(pid int) bool { return slices.Contains(s.family.Programs, programName(pid)) }

// programName is the program of a process, "" if it has ended.
func programName(pid int) string {
	comm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(comm))
}

// FindRunning returns the lowest id of a process that runs one of the programs; 0 if
// none does. Names are those of /proc/PID/comm, which cuts them at 15 bytes.
func FindRunning(programs ...string) int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && slices.Contains(programs, programName(pid)) {
			return pid
		}
	}
	return 0
}

// commandLine is the command line of a process, shortened; "" if it has ended.
func commandLine(pid int) string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	s := strings.TrimSpace(strings.ReplaceAll(string(data), "\x00", " "))
	if s == "" {
		comm, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm") // a process without arguments; or it has ended
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
