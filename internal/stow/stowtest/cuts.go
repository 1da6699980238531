package stowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Cuts takes the power away before each of the command's changing system calls
// and after the last, with the tree on disks mounted at these places in it, the
// others below the first. Of what was not synced by then each disk has lost all
// or has it but for the contents of files, independently of the others. A command
// that reported success must have succeeded, whatever was lost.
func (s Scene) Cuts(t *testing.T, mounts ...string) Tally {
	t.Helper()
	s.disks = newDisks(t, s.Dir, mounts)
	x := s.begin(t)
	x.losesWhatIsNotSynced()
	c := &cuts{trial: x, known: map[string]bool{}}
	points := x.points()
	for _, p := range points {
		if _, dead := x.dead(p); dead {
			c.cut(fmt.Sprintf("cut at %v", p), nil)
		}
	}
	x.must(x.fresh(), x.Argv(s.Dir))
	clear(c.known) // they were not to be complete
	c.cut("cut at the end", x.goal)
	t.Logf("%s: cut at %d points, %d different trees; %v", s.Name, len(points)+1, c.trees, x.tally)
	return x.tally
}

// losesWhatIsNotSynced checks the trial itself.
func (x *trial) losesWhatIsNotSynced() {
	x.t.Helper()
	d, root := x.disks, x.fresh()
	for _, at := range d.mounts {
		d.must(os.WriteFile(filepath.Join(root, at, "unsynced"), []byte("x"), 0o600))
	}
	d.cut()
	for _, states := range d.states() {
		d.load(states)
		for i, at := range d.mounts {
			info, err := os.Stat(filepath.Join(root, at, "unsynced"))
			if states[i] == synced && err == nil || states[i] == flushed && (err != nil || info.Size() > 0) {
				x.t.Fatalf("disk %d, %s: this is no power cut: %v, %v", i, states[i], info, err)
			}
		}
	}
}

// cuts is a trial and the trees that it has seen.
type cuts struct {
	*trial
	known map[string]bool
	trees int
}

// cut takes the power away and tries every content that the disks may hold then.
// want, if not nil, is what they must hold.
func (c *cuts) cut(when string, want map[string]string) {
	c.t.Helper()
	c.disks.cut()
	for _, states := range c.disks.states() {
		c.disks.load(states)
		tree := c.tree(c.root())
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
		c.restored(when, states)
	}
}

// restored checks that everything is in reach on the disks as they were, and
// that to go on leads to what an undisturbed run leads to: by repeating the
// command and with another before it, by turns, or each if Twice is set.
func (c *cuts) restored(when string, states []string) {
	c.t.Helper()
	c.reachable(c.root(), when)
	ways := len(c.Later) + 1
	first, ends := c.trees%ways, c.trees%ways+1
	if c.Twice > 0 {
		first, ends = 0, ways
	}
	for way := first; way < ends; way++ {
		if way > first {
			c.disks.load(states)
		}
		c.tally.Points++
		if way == 0 {
			c.completes(c.root(), when, c.goal)
		} else {
			c.comesFirst(c.root(), when, c.Later[way-1], c.ends[way-1])
		}
	}
}

func (c *cuts) root() string { return c.disks.root }
