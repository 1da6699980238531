package resources

import (
	"path"
	"strings"

	"converge/internal/resource"
)

// UnitState is what a resource declares of a unit besides its file.
type UnitState struct {
	Unit                     string
	Enabled, Running, Masked resource.Opt[bool]
}

// ReadUnitState reads that of a service, a timer, or of a link by which systemd enables or masks a unit; false: the
// resource declares nothing such.
func ReadUnitState(r *resource.Resource) (s UnitState, ok bool) {
	if !r.IsEnforced() {
		return s, false
	}
	at, isPath := strings.CutPrefix(r.Key, "path:")
	switch {
	case r.Kind.Name == "service":
		w := resource.Must[ServiceWant](r.Want)
		s = UnitState{strings.TrimPrefix(r.Key, "service:"), w.Enabled, w.Running, w.Masked}
	case !isPath || !strings.HasPrefix(at, ownUnits):
		return s, false
	case r.Kind.Name == "timer" && !r.WantsAbsent():
		s = TimerState(at)
	case r.WantsAbsent() && path.Ext(path.Dir(at)) == ".wants":
		s = UnitState{Unit: path.Base(at), Enabled: resource.Some(false)}
	case r.Kind.Name == "link" && !r.WantsAbsent() && path.Dir(at)+"/" == ownUnits && resource.Must[Entry](r.Want).Target == "/dev/null":
		s = UnitState{Unit: path.Base(at), Masked: resource.Some(true)}
	}
	return s, s.Unit != ""
}

// TimerState is the state of the timer whose file is at a path: every timer is enabled and waits.
func TimerState(at string) UnitState {
	return UnitState{Unit: path.Base(at), Enabled: resource.Some(true), Running: resource.Some(true)}
}

// Opposes reports whether two states of one unit cannot both be.
func (s UnitState) Opposes(other UnitState) bool {
	differ := func(a, b resource.Opt[bool]) bool { return a.Set && b.Set && a.Value != b.Value }
	used := func(s UnitState) bool { return s.Enabled.Value || s.Running.Value }
	return differ(s.Enabled, other.Enabled) || differ(s.Running, other.Running) || differ(s.Masked, other.Masked) ||
		s.Masked.Value && used(other) || other.Masked.Value && used(s)
}
