package execute

import (
	"fmt"

	"converge/internal/stow/farm"
)

// folder is a directory whose entries change.
type folder struct {
	path    string
	swap    int32 // the effect that adds or removes it as a whole, -1 if none
	fresh   bool  // the plan makes it
	bin     bool  // it contains programs
	beside  bool  // it is the root of a file system: new entries are staged in it
	effects []int32
	due     [phases]int32 // the number of effects in each phase
}

// phase is the part of a run in which an effect is carried out.
type phase uint8

const (
	addOthers      phase = iota // new entries other than programs
	addPrograms                 // new programs
	removeOthers                // removed entries other than programs
	removePrograms              // removed programs
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

// checkFits checks that the effect on a path is compatible with that on its directory.
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

// folderAt returns the directory at path; all directories above it precede it in the list.
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

// phaseOf returns the phase of an effect in f: programs are added after what they need, and removed before it.
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
