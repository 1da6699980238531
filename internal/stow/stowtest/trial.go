package stowtest

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Kills kills the command before each of its changing system calls. After each kill it kills the repeated command too,
// and then lets one finish; and it runs one of the other commands in between, in turn, or each if Twice is set.
func (s Scene) Kills(t *testing.T) Tally {
	t.Helper()
	x := s.newTrial(t)
	for n, k := range x.listKills() {
		x.killAt(k)
		for i, later := range x.Later {
			if x.Twice > 0 || n%len(x.Later) == i {
				x.killThenRun(k, later, x.ends[i])
			}
		}
	}
	t.Logf("%s: %v", s.Name, x.tally)
	return x.tally
}

// kill is a kill before a system call.
type kill struct {
	point
	left *image // the tree after it; nil if that cannot be made from memory
}

// listKills runs the command once and, while it is stopped before each call, reads what a kill would leave: only its
// tree outlives a process.
func (x *trial) listKills() []kill {
	var list []kill
	x.listPoints(func(root string, p point) {
		k := kill{point: p}
		if x.built != nil {
			k.left = x.readImage(root)
		}
		list = append(list, k)
	})
	return list
}

// killAt tries one kill, with each second kill that follows it.
func (x *trial) killAt(k kill) {
	for _, second := range append([]point{{}}, x.secondKills(k.point)...) {
		if second.call == "" && k.left != nil && x.isIn(x.reachable, k.left) && x.isIn(x.goal.from, k.left) {
			x.tally.Points++
			continue
		}
		root, dead := x.makeKilled(k)
		if !dead {
			return
		}
		when := fmt.Sprintf("killed at %v", k)
		if second.call == "" || !x.Windows && k.left == nil {
			// Otherwise the tree is equal to that of the first trial, or a repair would leave nothing to the second run.
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

// makeKilled makes a tree in which the command was killed.
func (x *trial) makeKilled(k kill) (root string, dead bool) {
	if k.left != nil {
		x.tally.Points++
		return x.writeTree(k.left), true
	}
	root = x.makeTree()
	dead = x.killBefore(root, k.point)
	if !dead && k.isCounted() {
		x.t.Fatalf("not killed at %v: it did not come to that again", k)
	}
	return root, dead
}

// killThenRun runs another command after a kill.
func (x *trial) killThenRun(k kill, later Later, goal *end) {
	if k.left != nil && x.isIn(goal.then, k.left) {
		x.tally.Points++
		return
	}
	root, dead := x.makeKilled(k)
	if !dead {
		return
	}
	if x.checkAfterOther(root, fmt.Sprintf("killed at %v", k), later, goal) && k.left != nil {
		x.add(goal.then, k.left)
	}
	x.removeTree(root)
}

// checkAfterOther runs another command before the repetition, and reports whether that leads to the same tree as without
// the kill.
func (x *trial) checkAfterOther(root, when string, later Later, goal *end) bool {
	was := x.tally
	when += ", then " + later.Name
	if out, err := x.run(root, later.Argv(root)); err != nil {
		x.tally.Unfit++
		x.t.Errorf("%s: %v\n%s", when, err, out)
	}
	x.checkReachable(root, when)
	if diff := Differences(x.readTree(root), goal.tree); later.Alone && len(diff) > 0 {
		x.tally.Unfit++
		x.t.Errorf("%s: %s", when, strings.Join(diff, "\n"))
	}
	x.checkCompletes(root, when, goal)
	return x.tally == was
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

// Faults makes each changing system call fail, once and from then on, with each of the errors: the command reports it,
// nothing is lost, and repeating it completes the change.
func (s Scene) Faults(t *testing.T, errnos ...syscall.Errno) Tally {
	t.Helper()
	x := s.newTrial(t)
	for _, p := range x.listPoints(nil) {
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
	diff := Differences(x.readTree(root), x.goal.tree)
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
