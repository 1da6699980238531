package stowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Kills kills the command before each of its changing system calls. For each,
// it kills the command that is repeated as well, and lets one finish; and it
// has one of the other commands come in between, by turns, or each if Twice is
// set.
func (s Scene) Kills(t *testing.T) Tally {
	t.Helper()
	x := s.begin(t)
	for n, p := range x.points() {
		x.killedAt(p)
		for i, later := range x.Later {
			if x.Twice > 0 || n%len(x.Later) == i {
				x.killedBefore(p, later, x.ends[i])
			}
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

// killedAt is one point, with each second kill that follows it.
func (x *trial) killedAt(p point) {
	x.t.Helper()
	for _, second := range append([]point{{}}, x.seconds(p)...) {
		root, dead := x.dead(p)
		if !dead {
			return
		}
		when := fmt.Sprintf("killed at %v", p)
		if !x.Windows || second.call == "" { // a repair would leave nothing to the second
			x.reachable(root, when)
		}
		if second.call != "" && x.killed(root, second.call, second.n) {
			when = fmt.Sprintf("%s, then at %v", when, second)
			x.reachable(root, when)
		}
		x.completes(root, when, x.goal)
		x.reachable(root, when)
		x.forget(root)
	}
}

// dead is a tree in which the command was killed.
func (x *trial) dead(p point) (root string, dead bool) {
	x.t.Helper()
	root = x.fresh()
	dead = x.killed(root, p.call, p.n)
	if !dead && p.counted() {
		x.t.Fatalf("not killed at %v: it did not come to that again", p)
	}
	return root, dead
}

// killedBefore has another command come after a kill.
func (x *trial) killedBefore(p point, later Later, goal map[string]string) {
	x.t.Helper()
	root, dead := x.dead(p)
	if !dead {
		return
	}
	x.comesFirst(root, fmt.Sprintf("killed at %v", p), later, goal)
	x.forget(root)
}

// comesFirst has another command come before the repetition.
func (x *trial) comesFirst(root, when string, later Later, goal map[string]string) {
	x.t.Helper()
	when += ", then " + later.Name
	if out, err := x.run(root, later.Argv(root)); err != nil {
		x.tally.Unfit++
		x.t.Errorf("%s: %v\n%s", when, err, out)
	}
	x.reachable(root, when)
	if diff := Differences(x.tree(root), goal); later.Alone && len(diff) > 0 {
		x.tally.Unfit++
		x.t.Errorf("%s: %s", when, strings.Join(diff, "\n"))
	}
	x.completes(root, when, goal)
}

func (x *trial) seconds(p point) []point {
	if x.Twice == 0 {
		return []point{p}
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
// errors in turn: the command reports it, nothing is lost, and repeating it
// completes.
func (s Scene) Faults(t *testing.T, errnos ...string) Tally {
	t.Helper()
	x := s.begin(t)
	for _, p := range x.points() {
		for i, forever := range []string{"", "+"} {
			x.failsAt(p, errnos[(p.n+i)%len(errnos)], forever)
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

func (x *trial) failsAt(p point, errno, forever string) {
	x.t.Helper()
	root := x.fresh()
	defer x.forget(root)
	when := fmt.Sprintf("%s at %v%s", errno, p, forever)
	log := filepath.Join(x.t.TempDir(), "trace")
	out, err := x.broken(root, log, p.call, fmt.Sprintf("error=%s:when=%d%s", errno, p.n, forever))
	trace, rerr := os.ReadFile(log)
	switch {
	case rerr != nil:
		x.t.Fatal(rerr)
	case !strings.Contains(string(trace), "(INJECTED)"):
		if !p.counted() {
			return
		}
		x.t.Fatalf("%s: it did not come to that again", when)
	}
	x.tally.Points++
	diff := Differences(x.tree(root), x.goal)
	if err == nil && (len(diff) > 0 || strings.Contains(p.call, "sync")) {
		x.tally.Silent++
		x.t.Errorf("%s: nothing was said; what is not as it is to be: %v\n%s", when, diff, out)
	}
	if x.Told != nil && err != nil {
		if said := x.Told(err, string(out)); said != nil {
			x.tally.Silent++
			x.t.Errorf("%s: %v", when, said)
		}
	}
	x.reachable(root, when)
	x.completes(root, when, x.goal)
}
