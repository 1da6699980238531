package stowtest

import "strings"

// known are trees that led to the wanted tree. The effect of a command depends only on the tree that it finds, and so
// does the set of reachable files; so the same tree is not tried twice. Trees that contain mounts are never considered
// equal.
type known map[sum]bool

// end is the tree that commands must lead to.
type end struct {
	tree map[string]string
	from known // trees from which repeating the command leads to it
	then known // trees from which another command and the repetition lead to it
}

func (x *trial) newEnd(root string) *end {
	return &end{tree: x.readTree(root), from: known{}, then: known{}}
}

func (x *trial) isIn(k known, i *image) bool { return x.built != nil && k[i.sum()] }

func (x *trial) add(k known, images ...*image) {
	for _, i := range images {
		if x.built != nil {
			k[i.sum()] = true
		}
	}
}

// checkReachable checks that every path that exists before and after exists now, in one of the two states.
func (x *trial) checkReachable(root, when string) {
	if x.Windows {
		if out, err := x.run(root, x.Repair(root)); err != nil {
			x.t.Errorf("%s: repair: %v\n%s", when, err, out)
		}
	}
	i := x.readImage(root)
	if x.isIn(x.reachable, i) {
		return
	}
	good := true
	now := Seen(x.t, root+"/"+x.Target)
	if x.Between != nil {
		if err := x.Between(x.describe(i), x.start, x.goal.tree); err != nil {
			good = false
			x.tally.Torn++
			x.t.Errorf("%s: %v", when, err)
		}
	}
	for path, was := range x.before {
		is, stays := x.after[path]
		got, there := now[path]
		if stays && (!there || got != was && got != is) {
			good = false
			x.tally.Lost++
			x.t.Errorf("%s: %s is %q; it was %q and is to be %q", when, path, got, was, is)
		}
	}
	if x.Same != nil {
		if err := x.Same(root); err != nil {
			good = false
			x.t.Errorf("%s: %v", when, err)
		}
	}
	if good {
		x.add(x.reachable, i)
	}
}

// checkCompletes checks that repeating the command leads to the tree of an undisturbed run, and that a further run
// changes nothing. It reports whether both hold.
func (x *trial) checkCompletes(root, when string, goal *end) bool {
	var tried []*image
	var now *image
	if x.built != nil {
		now = x.readImage(root)
	}
	for len(tried) < 2 && !x.isIn(goal.from, now) {
		tried = append(tried, now)
		out, err := x.run(root, x.Argv(root))
		now = x.readImage(root)
		diff := Differences(x.describe(now), goal.tree)
		if err == nil && len(diff) == 0 {
			continue
		}
		if len(tried) == 1 {
			x.tally.Unfit++
		} else {
			x.tally.Unstable++
		}
		x.t.Errorf("%s: repeated: %v\n%s%s", when, err, out, strings.Join(diff, "\n"))
		return false
	}
	x.add(goal.from, tried...)
	return true
}
