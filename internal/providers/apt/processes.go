package apt

import (
	"os"
	"strconv"
	"strings"

	"converge/internal/process"
)

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
