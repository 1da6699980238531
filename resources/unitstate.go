package resources

import (
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// UnitState is a resource's declaration of a unit's state.
type UnitState struct {
	Unit                     string
	Enabled, Running, Masked resource.Opt[bool]

	mask string // the path of a mask that is declared as a file or a link; "": there is none
}

// ReadUnitState reads the state that a service, a timer, or a link that enables or masks a unit declares; false: the
// resource declares none.
func ReadUnitState(r *resource.Resource) (s UnitState, ok bool) {
	if !r.IsEnforced() {
		return s, false
	}
	at, isPath := strings.CutPrefix(r.Key, "path:")
	switch {
	case r.Kind.Name == "service":
		w := resource.Must[ServiceWant](r.Want)
		s = UnitState{strings.TrimPrefix(r.Key, "service:"), w.Enabled, w.Running, w.Masked, ""}
	case isPath && isMask(r, at):
		s = UnitState{Unit: path.Base(at), Masked: resource.Some(true), mask: at}
	case !isPath || !strings.HasPrefix(at, ownUnits):
		return s, false
	case r.Kind.Name == "timer" && !r.WantsAbsent():
		s = TimerState(at)
	case r.WantsAbsent() && path.Ext(path.Dir(at)) == ".wants":
		s = UnitState{Unit: path.Base(at), Enabled: resource.Some(false)}
	}
	return s, s.Unit != ""
}

// isMask reports whether a resource masks the unit whose file it is: by a link to /dev/null, or by an empty file.
func isMask(r *resource.Resource, at string) bool {
	if r.WantsAbsent() || !slices.Contains(UnitDirs(), path.Dir(at)) || !isUnit(path.Base(at)) {
		return false
	}
	if r.Kind.Name == "link" {
		target := resource.Must[Entry](r.Want).Target.Bytes()
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(at), target)
		}
		return path.Clean(target) == "/dev/null"
	}
	contents := r.Kind.Contents(r.Want)
	if len(contents) != 1 || r.Kind.Name == "timer" {
		return false
	}
	text, err := contentText(contents[0])
	return err == nil && text == ""
}

// IsShadowed reports whether a mask has no effect, because another file of the unit takes precedence.
func (s UnitState) IsShadowed(read Reader) bool {
	if s.mask == "" {
		return false
	}
	for _, dir := range UnitDirs() {
		if dir == path.Dir(s.mask) {
			return false
		}
		if len(read.content(path.Join(dir, s.Unit))) > 0 {
			return true
		}
	}
	return false
}

// TimerState is the state of the timer with the file at a path: every timer is enabled and active.
func TimerState(at string) UnitState {
	return UnitState{Unit: path.Base(at), Enabled: resource.Some(true), Running: resource.Some(true)}
}

// Opposes reports whether two states of one unit exclude each other.
func (s UnitState) Opposes(other UnitState) bool {
	differ := func(a, b resource.Opt[bool]) bool { return a.Set && b.Set && a.Value != b.Value }
	used := func(s UnitState) bool { return s.Enabled.Value || s.Running.Value }
	return differ(s.Enabled, other.Enabled) || differ(s.Running, other.Running) || differ(s.Masked, other.Masked) ||
		s.Masked.Value && used(other) || other.Masked.Value && used(s)
}
