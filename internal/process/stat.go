package process

import (
	"bytes"
	"os"
	"strconv"
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
	return parseStat(text)
}

// parseStat parses "PID (NAME) STATE PARENT …"; the name may hold anything.
func parseStat(text []byte) (s Stat, ok bool) {
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(f) < 20 || f[0][0] == 'Z' || f[0][0] == 'X' {
		return Stat{}, false
	}
	parent, err := strconv.Atoi(string(f[1]))
	born, berr := strconv.ParseUint(string(f[19]), 10, 64)
	return Stat{parent, born}, err == nil && berr == nil
}
