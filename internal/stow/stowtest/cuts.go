package stowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Cuts cuts the power before each of the command's changing system calls and after the last. The tree is on disks
// mounted at these places in it, the others below the first. Independently of the others, each disk either loses all
// that was not synced by then, or keeps all but the contents of files. A command that reported success must have
// succeeded, even if everything unsynced is lost.
func (s Scene) Cuts(t *testing.T, mounts ...string) Tally {
	t.Helper()
	s.disks = newDisks(t, s.Dir, mounts)
	x := s.newTrial(t)
	x.checkCutsLoseData()
	c := &cuts{trial: x, known: map[string]bool{}}
	points := x.listPoints(nil)
	for _, p := range points {
		if _, dead := x.makeKilled(kill{point: p}); dead {
			c.cutPower(fmt.Sprintf("cut at %v", p), nil)
		}
	}
	x.mustRun(x.makeTree(), x.Argv(s.Dir))
	clear(c.known) // these trees need not be complete
	c.cutPower("cut at the end", x.goal.tree)
	t.Logf("%s: cut at %d points, %d different trees; %v", s.Name, len(points)+1, c.trees, x.tally)
	return x.tally
}

// checkCutsLoseData checks that the trial itself works.
func (x *trial) checkCutsLoseData() {
	d, root := x.disks, x.makeTree()
	for _, at := range d.mounts {
		d.mustRun(os.WriteFile(filepath.Join(root, at, "unsynced"), []byte("x"), 0o600))
	}
	d.cutPower()
	for _, states := range d.listStates() {
		d.mountStates(states)
		for i, at := range d.mounts {
			info, err := os.Stat(filepath.Join(root, at, "unsynced"))
			if states[i] == synced && err == nil || states[i] == flushed && (err != nil || info.Size() > 0) {
				x.t.Fatalf("disk %d, %s: this is no power cut: %v, %v", i, states[i], info, err)
			}
		}
	}
}

// cuts is a trial with the trees that it has seen.
type cuts struct {
	*trial
	known map[string]bool
	trees int
}

// cutPower cuts the power and tries every content that the disks may have then. want, if not nil, is the content that
// they must have.
func (c *cuts) cutPower(when string, want map[string]string) {
	c.disks.cutPower()
	for _, states := range c.disks.listStates() {
		c.disks.mountStates(states)
		tree := c.readTree(c.root())
		if key := fmt.Sprint(tree); c.known[key] {
			continue
		} else {
			c.known[key] = true
		}
		c.trees++
		when := fmt.Sprintf("%s, disks %v", when, states)
		if diff := Differences(tree, want); want != nil && len(diff) > 0 {
			c.tally.Unfit++
			c.t.Errorf("%s: it said it was done: %s", when, strings.Join(diff, "\n"))
		}
		c.checkRestored(when, states)
	}
}

// checkRestored checks that every path is reachable on the disks after the cut, and that continuing leads to the tree of
// an undisturbed run: by repeating the command, and by another command before that, in turn, or each if Twice is set.
func (c *cuts) checkRestored(when string, states []string) {
	c.checkReachable(c.root(), when)
	ways := len(c.Later) + 1
	first, ends := c.trees%ways, c.trees%ways+1
	if c.Twice > 0 {
		first, ends = 0, ways
	}
	for way := first; way < ends; way++ {
		if way > first {
			c.disks.mountStates(states)
		}
		c.tally.Points++
		if way == 0 {
			c.checkCompletes(c.root(), when, c.goal)
		} else {
			c.checkAfterOther(c.root(), when, c.Later[way-1], c.ends[way-1])
		}
	}
}

func (c *cuts) root() string { return c.disks.root }
