package stowtest

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Kills kills the command before each of its changing system calls. For each,
// it kills the command that is repeated as well, and lets one finish; and it
// has one of the other commands come in between, by turns, or each if Twice is
// set.
func (s Scene) Kills(t *testing.T) Tally {
	t.Helper()
	x := s.newTrial(t)
	for n, p := range x.listPoints() {
		x.killAt(p)
		for i, later := range x.Later {
			if x.Twice > 0 || n%len(x.Later) == i {
				x.killThenRun(p, later, x.ends[i])
			}
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

// killAt tries one point, with each second kill that follows it.
func (x *trial) killAt(p point) {
	for _, second := range append([]point{{}}, x.secondKills(p)...) {
		root, dead := x.makeKilled(p)
		if !dead {
			return
		}
		when := fmt.Sprintf("killed at %v", p)
		if !x.Windows || second.call == "" { // a repair would leave nothing to the second
			x.checkReachable(root, when)
		}
		if second.call != "" && x.killBefore(root, second) {
			when = fmt.Sprintf("%s, then at %v", when, second)
			x.checkReachable(root, when)
		}
		x.checkCompletes(root, when, x.goal)
		x.checkReachable(root, when)
		x.removeTree(root)
	}
}

// makeKilled builds a tree in which the command was killed.
func (x *trial) makeKilled(p point) (root string, dead bool) {
	root = x.makeTree()
	dead = x.killBefore(root, p)
	if !dead && p.isCounted() {
		x.t.Fatalf("not killed at %v: it did not come to that again", p)
	}
	return root, dead
}

// killThenRun runs another command after a kill.
func (x *trial) killThenRun(p point, later Later, goal map[string]string) {
	root, dead := x.makeKilled(p)
	if !dead {
		return
	}
	x.checkAfterOther(root, fmt.Sprintf("killed at %v", p), later, goal)
	x.removeTree(root)
}

// checkAfterOther runs another command before the repetition.
func (x *trial) checkAfterOther(root, when string, later Later, goal map[string]string) {
	when += ", then " + later.Name
	if out, err := x.run(root, later.Argv(root)); err != nil {
		x.tally.Unfit++
		x.t.Errorf("%s: %v\n%s", when, err, out)
	}
	x.checkReachable(root, when)
	if diff := Differences(x.readTree(root), goal); later.Alone && len(diff) > 0 {
		x.tally.Unfit++
		x.t.Errorf("%s: %s", when, strings.Join(diff, "\n"))
	}
	x.checkCompletes(root, when, goal)
}

func (x *trial) secondKills(p point) []point {
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
func (s Scene) Faults(t *testing.T, errnos ...syscall.Errno) Tally {
	t.Helper()
	x := s.newTrial(t)
	for _, p := range x.listPoints() {
		for i, forever := range []bool{false, true} {
			x.failAt(p, errnos[(p.n+i)%len(errnos)], forever)
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

func (x *trial) failAt(p point, errno syscall.Errno, forever bool) {
	root := x.makeTree()
	defer x.removeTree(root)
	when := fmt.Sprintf("%s at %v", unix.ErrnoName(errno), p)
	if forever {
		when += " and from then on"
	}
	failed, out, err := x.runFaulty(root, p, errno, forever)
	if !failed {
		if !p.isCounted() {
			return
		}
		x.t.Fatalf("%s: it did not come to that again", when)
	}
	x.tally.Points++
	diff := Differences(x.readTree(root), x.goal)
	if err == nil && (len(diff) > 0 || strings.Contains(p.call, "sync")) {
		x.tally.Silent++
		x.t.Errorf("%s: nothing was said; what is not as it is to be: %v\n%s", when, diff, out)
	}
	if x.CheckMessage != nil && err != nil {
		if said := x.CheckMessage(err, string(out)); said != nil {
			x.tally.Silent++
			x.t.Errorf("%s: %v", when, said)
		}
	}
	x.checkReachable(root, when)
	x.checkCompletes(root, when, x.goal)
}
