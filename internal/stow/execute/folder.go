package execute

import (
	"fmt"

	"converge/internal/stow/farm"
)

// folder is a directory in which paths change.
type folder struct {
	path    string
	swap    int32 // the effect that it comes or goes with, -1 if none
	fresh   bool  // it is made by this plan
	bin     bool  // programs lie in it
	beside  bool  // it is a file system of its own: new entries are staged in it
	effects []int32
	due     [phases]int32 // how many of them are in each phase
}

// phase is when in a run something happens.
type phase uint8

const (
	addOthers      phase = iota // new entries, but for programs
	addPrograms                 // new programs
	removeOthers                // entries that are removed, but for programs
	removePrograms              // programs that are removed
	phases         = 4
)

const noSwap = -1

// groupByDir groups the effects by directory, directories before their content.
func (n *netEffects) groupByDir() error {
	for i := range n.effects {
		e := &n.effects[i]
		if !e.changes() {
			continue
		}
		above, _ := splitPath(e.Path)
		f := n.folderAt(above)
		if err := n.checkFits(e, f); err != nil {
			return fmt.Errorf("cannot make %q what is planned: %w", e.Path, err)
		}
		e.phase = f.phaseOf(e)
		f.due[e.phase]++
		f.effects = append(f.effects, int32(i))
		n.changes++
	}
	return nil
}

// checkFits checks that what happens to a path can happen in its directory.
func (n *netEffects) checkFits(e *effect, f *folder) error {
	if e.Was.Type == farm.Dir && e.Is.Type == farm.File {
		return ErrPlan
	}
	if f.swap == noSwap {
		return nil
	}
	appears := e.Was.Type == farm.None && (e.Is.Type == farm.Symlink || e.Is.Type == farm.Dir)
	goes := e.Is.Type == farm.None && (e.Was.Type == farm.Symlink || e.Was.Type == farm.Dir)
	if comes := n.effects[f.swap].Is.Type == farm.Dir; comes && !appears || !comes && !goes {
		return ErrPlan
	}
	return nil
}

// folderAt is the directory at path; all those above it are listed before it.
func (n *netEffects) folderAt(path string) *folder {
	if f := n.byPath[path]; f != nil {
		return f
	}
	f := &folder{path: path, swap: noSwap}
	if path != "" {
		above, name := splitPath(path)
		up := n.folderAt(above)
		f.swap, f.fresh, f.bin = up.swap, up.fresh, up.bin || isBin(name)
		if i, ok := n.index[path]; ok && f.swap == noSwap {
			e := &n.effects[i]
			if e.swaps() {
				f.swap = i
			}
			f.fresh = f.fresh || e.changes() && e.Is.Type == farm.Dir
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

// phaseOf is when an effect in f is due: programs come after what they need, and
// go before it.
func (f *folder) phaseOf(e *effect) phase {
	_, name := splitPath(e.Path)
	switch bin := f.bin || isBin(name); {
	case e.Is.Type == farm.None && bin:
		return removePrograms
	case e.Is.Type == farm.None:
		return removeOthers
	case bin:
		return addPrograms
	}
	return addOthers
}
