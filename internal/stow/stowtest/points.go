package stowtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// point is the nth system call of a name.
type point struct {
	call string
	n    int
}

func (p point) String() string { return fmt.Sprintf("%s %d", p.call, p.n) }

// isCounted reports whether a call comes in the same number every time. Go's runtime
// writes, too, when it wakes a thread.
func (p point) isCounted() bool { return p.call != "write" }

// listPoints are the calls of an undisturbed command that change something, in
// their order.
func (x *trial) listPoints() []point {
	root, log := x.makeTree(), x.t.TempDir()+"/trace"
	cmd := x.newCommand(root, "strace", "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", "trace="+strings.Join(x.Calls, ","), "--")
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("traced: %v\n%s", err, out)
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		x.t.Fatal(err)
	}
	count := map[string]int{}
	var out []point
	for line := range strings.Lines(string(trace)) {
		_, line, _ = strings.Cut(line, " ") // the process
		call, args, ok := strings.Cut(strings.TrimLeft(line, " "), "(")
		// Of a call that a thread was in when the process ended strace knows
		// nothing, and writes "???".
		if !ok || !slices.Contains(x.Calls, call) {
			continue
		}
		count[call]++
		if call != "openat" || makesFile(args) {
			out = append(out, point{call, count[call]})
		}
	}
	return out
}

// makesFile tells what opens a file to change it from what opens one to read.
func makesFile(args string) bool {
	for _, flag := range []string{"O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC"} {
		if strings.Contains(args, flag) && !strings.Contains(args, "/dev/null") {
			return true
		}
	}
	return false
}
