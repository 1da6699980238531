package stowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Kills kills the command before each of its changing system calls; for each,
// kills the command that is repeated as well; and lets one finish.
func (s Scene) Kills(t *testing.T) Tally {
	t.Helper()
	x := s.begin(t)
	for _, call := range x.Calls {
		for n := 1; x.killedAt(call, n); n++ {
			if t.Failed() {
				return x.tally
			}
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

// killedAt is one point, with each second kill that follows it.
func (x *trial) killedAt(call string, n int) bool {
	first := fmt.Sprintf("killed at %s %d", call, n)
	for _, second := range append([]point{{}}, x.seconds(call, n)...) {
		root := x.fresh()
		killed := x.killed(root, call, n)
		if !killed {
			return false
		}
		when := first
		if !x.Windows || second.call == "" { // a repair would leave nothing to the second
			x.reachable(root, when)
		}
		if second.call != "" && x.killed(root, second.call, second.n) {
			when = fmt.Sprintf("%s, then at %s %d", first, second.call, second.n)
			x.reachable(root, when)
		}
		x.completes(root, when)
		x.reachable(root, when)
		os.RemoveAll(root) //nolint:errcheck // t.TempDir does it as well, later
	}
	return true
}

type point struct {
	call string
	n    int
}

func (x *trial) seconds(call string, n int) []point {
	if x.Twice == 0 {
		return []point{{call, n}}
	}
	var out []point
	for _, c := range x.Calls {
		for i := 1; i <= x.Twice; i++ {
			out = append(out, point{c, i})
		}
	}
	return out
}

// Faults makes each changing system call fail, once and from then on, with the
// errors in turn: the command says so, nothing is lost, and repeating it
// completes.
func (s Scene) Faults(t *testing.T, errnos ...string) Tally {
	t.Helper()
	x := s.begin(t)
	for _, call := range x.Calls {
		for i, forever := range []string{"", "+"} {
			for n := 1; x.failsAt(call, n, errnos[(n+i)%len(errnos)], forever); n++ {
				if t.Failed() {
					return x.tally
				}
			}
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

func (x *trial) failsAt(call string, n int, errno, forever string) bool {
	root := x.fresh()
	defer os.RemoveAll(root) //nolint:errcheck // t.TempDir does it as well, later
	when := fmt.Sprintf("%s at %s %d%s", errno, call, n, forever)
	log := filepath.Join(root, "..", "trace")
	out, err := x.broken(root, log, call, fmt.Sprintf("error=%s:when=%d%s", errno, n, forever))
	trace, rerr := os.ReadFile(log)
	switch {
	case rerr != nil:
		x.t.Fatal(rerr)
	case !strings.Contains(string(trace), "(INJECTED)"):
		return false // there are fewer calls
	}
	x.tally.Points++
	diff := Differences(Tree(x.t, root), x.goal)
	if err == nil && (len(diff) > 0 || strings.Contains(call, "sync")) {
		x.tally.Silent++
		x.t.Errorf("%s: nothing was said; what is not as it is to be: %v\n%s", when, diff, out)
	}
	x.reachable(root, when)
	x.completes(root, when)
	return true
}
