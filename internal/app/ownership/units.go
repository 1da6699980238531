package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// unitState is a resource's declaration of a unit's state.
type unitState struct {
	resources.UnitState
	r *resource.Resource
}

func (f *filesOf) addUnit(r *resource.Resource) {
	if s, ok := resources.ReadUnitState(r); ok {
		f.units[s.Unit] = append(f.units[s.Unit], unitState{s, r})
	}
	if file, of := resources.DropInFile(r); of != "" {
		f.dropIns[of] = append(f.dropIns[of], dropIn{file, r})
	}
}

// dropIn is a resource with a drop-in of a unit, or a part of one.
type dropIn struct {
	file string
	r    *resource.Resource
}

// dropsInto reports whether there is a drop-in of the unit of a file, or of a timer's service.
func (f filesOf) dropsInto(file string) bool {
	return len(f.dropIns) > 0 && (len(f.dropInsOf(file)) > 0 || len(f.dropInsOf(resources.ServiceOfTimer(file))) > 0)
}

// dropInsOf returns the drop-ins of the unit of a file.
func (f filesOf) dropInsOf(file string) (out []dropIn) {
	for _, of := range resources.DropInNames(file) {
		out = append(out, f.dropIns[of]...)
	}
	return out
}

// findDropIn returns the resource that overrides a unit's setting from a file of another site; nil: there is none.
func (f filesOf) findDropIn(e other) *contradiction {
	at, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey)
	if !isPath || len(f.dropIns) == 0 || !hasContent(e.LedgerEntry) {
		return nil
	}
	for _, file := range filesAt(e.LedgerEntry, at) {
		for _, ours := range f.dropInsOf(file) {
			if key := resources.OverridesUnit(f.read, file, ours.file, ours.r); key != "" {
				return newContradiction(ours.r, e.LedgerEntry, fmt.Sprintf("decides %s in %q, which systemd reads after %q, or in its place", key, ours.file, file), "wants that otherwise", adviceLater)
			}
		}
	}
	return nil
}

// findOpposite returns the resource that stops, disables or masks a unit against another site's wish; nil: there is
// none.
func (f filesOf) findOpposite(e other) *contradiction {
	var theirs resources.UnitState
	at, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey)
	switch {
	case isPath && e.LedgerEntry.Addr.Kind == "timer":
		theirs = resources.TimerState(at)
	case !isPath && e.Resource != nil && e.Resource.Kind != nil && e.Resource.Kind.Name == "service":
		theirs, _ = resources.ReadUnitState(e.Resource)
	}
	for _, ours := range f.units[theirs.Unit] {
		if ours.Opposes(theirs) && (isPath || !ours.IsShadowed(f.read)) { // beside a timer there may be no other file with its name
			return newContradiction(ours.r, e.LedgerEntry, fmt.Sprintf("wants another state of the unit %q", theirs.Unit), "wants it otherwise", adviceParts)
		}
	}
	return nil
}
