package execute

import "fmt"

// folder is a directory in which paths change.
type folder struct {
	path    string
	swap    int32 // the effect that it comes or goes with, -1 if none
	fresh   bool  // it is made by this plan
	bin     bool  // programs lie in it
	beside  bool  // it is a file system of its own: what is new is staged in it
	effects []int32
	due     [turns]int32 // how many of them are in each turn
}

// turn is when in a run something happens.
type turn uint8

const (
	early turn = iota // what is new, but for programs
	late              // programs
	last              // what goes, but for programs
	first             // programs that go
	turns = 4
)

const noSwap = -1

// arrange groups the effects by directory, directories before their content.
func (n *net) arrange() error {
	for i := range n.effects {
		e := &n.effects[i]
		if !e.changes() {
			continue
		}
		above, _ := split(e.path)
		f := n.folder(above)
		if err := n.fits(e, f); err != nil {
			return fmt.Errorf("cannot make %q what is planned: %w", e.path, err)
		}
		e.turn = f.turn(e)
		f.due[e.turn]++
		f.effects = append(f.effects, int32(i))
		n.changes++
	}
	return nil
}

// fits checks that what happens to a path can happen in its directory.
func (n *net) fits(e *effect, f *folder) error {
	if e.was.kind == dir && e.is.kind == file {
		return ErrPlan
	}
	if f.swap == noSwap {
		return nil
	}
	appears := e.was.kind == none && (e.is.kind == link || e.is.kind == dir)
	goes := e.is.kind == none && (e.was.kind == link || e.was.kind == dir)
	if comes := n.effects[f.swap].is.kind == dir; comes && !appears || !comes && !goes {
		return ErrPlan
	}
	return nil
}

// folder is the directory at path, with all those above it before it.
func (n *net) folder(path string) *folder {
	if f := n.byPath[path]; f != nil {
		return f
	}
	f := &folder{path: path, swap: noSwap}
	if path != "" {
		above, name := split(path)
		up := n.folder(above)
		f.swap, f.fresh, f.bin = up.swap, up.fresh, up.bin || isBin(name)
		if i, ok := n.index[path]; ok && f.swap == noSwap {
			e := &n.effects[i]
			if e.swaps() {
				f.swap = i
			}
			f.fresh = f.fresh || e.changes() && e.is.kind == dir
		}
	}
	n.byPath[path] = f
	n.folders = append(n.folders, f)
	if f.swap != noSwap {
		n.swapped[f.swap] = append(n.swapped[f.swap], f)
	}
	return f
}

func isBin(name string) bool { return name == "bin" || name == "sbin" }

// turn is when an effect in f is due: programs come after what they need, and
// go before it.
func (f *folder) turn(e *effect) turn {
	_, name := split(e.path)
	switch bin := f.bin || isBin(name); {
	case e.is.kind == none && bin:
		return first
	case e.is.kind == none:
		return last
	case bin:
		return late
	}
	return early
}
