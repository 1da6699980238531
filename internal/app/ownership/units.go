package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// unitState is what a resource declares of a unit besides its file.
type unitState struct {
	resources.UnitState
	r *resource.Resource
}

func (f *filesOf) addUnit(r *resource.Resource) {
	if s, ok := resources.ReadUnitState(r); ok {
		f.units[s.Unit] = append(f.units[s.Unit], unitState{s, r})
	}
}

// findOpposite returns what stops, disables or masks a unit that another site wants otherwise; nil: nothing does.
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
		if ours.Opposes(theirs) {
			return newContradiction(ours.r, e.LedgerEntry, fmt.Sprintf("wants another state of the unit %q", theirs.Unit), "wants it otherwise", adviceParts)
		}
	}
	return nil
}
