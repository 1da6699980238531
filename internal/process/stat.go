package process

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Stat holds fields of /proc/PID/stat, see proc_pid_stat(5).
type Stat struct {
	Parent int    // the fourth field
	Born   uint64 // when the process was started, in clock ticks of this boot: the 22nd
}

// StatOf returns the fields of a process; ok is false if it has ended, or if /proc
// is not mounted.
func StatOf(pid int) (s Stat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Stat{}, false
	}
	return ParseStat(text)
}

// Age returns how long a process has been running, 0 if it has ended. It uses a clock that cannot be set.
func Age(pid int) time.Duration {
	const tick = time.Second / 100 // USER_HZ, the same on all machines of Linux
	s, alive := StatOf(pid)
	var boot unix.Timespec
	if !alive || unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil {
		return 0
	}
	return time.Duration(boot.Nano()) - time.Duration(s.Born)*tick
}

// ProgramOf returns the file that a process runs, and its arguments, which include a script. ok is false if it has ended
// or is not readable.
func ProgramOf(pid int) (file string, argv []string, ok bool) {
	dir := "/proc/" + strconv.Itoa(pid)
	file, err := os.Readlink(dir + "/exe")
	if err != nil {
		return "", nil, false
	}
	text, err := os.ReadFile(dir + "/cmdline")
	if err != nil {
		return "", nil, false
	}
	return strings.TrimSuffix(file, " (deleted)"), strings.Split(strings.TrimRight(string(text), "\x00"), "\x00"), true
}

// ServiceOf returns the systemd service of a process ("self", a number); "" if it is in none (a login is in a scope) or
// has ended.
func ServiceOf(pid string) string {
	text, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil {
		return ""
	}
	return parseCgroup(string(text))
}

// parseCgroup finds the innermost service in the unified hierarchy of cgroups(7), or in
// systemd's own of version 1.
func parseCgroup(text string) string {
	for line := range strings.Lines(text) {
		part := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		if len(part) != 3 || part[0] != "0" && part[1] != "name=systemd" {
			continue
		}
		for _, name := range slices.Backward(strings.Split(part[2], "/")) {
			if strings.HasSuffix(name, ".service") {
				return name
			}
		}
	}
	return ""
}

// ParseStat parses "PID (NAME) STATE PARENT …"; the name may contain any characters.
func ParseStat(text []byte) (s Stat, ok bool) {
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(f) < 20 || f[0][0] == 'Z' || f[0][0] == 'X' {
		return Stat{}, false
	}
	parent, err := strconv.Atoi(string(f[1]))
	born, berr := strconv.ParseUint(string(f[19]), 10, 64)
	return Stat{parent, born}, err == nil && berr == nil
}

// Plain returns a text without the escape sequences of terminals and other control characters: the output of a unit or a
// maintainer script may be coloured.
func Plain(s string) string {
	s = escapePattern().ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// escapePattern matches the control sequences of ECMA-48 (colours, movements) and of operating systems (titles, links),
// which end with BEL or ESC \.
func escapePattern() *regexp.Regexp {
	return regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\-_])")
}
