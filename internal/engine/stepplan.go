package engine

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// stepPlan is the forecast of a step, based on the live system when the run began. Most steps need nothing; for those
// it keeps only the observation.
type stepPlan struct {
	of     *resource.Resource
	have   cty.Value        // the observation of a step without a change; cty.NilVal: none
	change *resource.Change // nil: have is all there is
}

// plan returns the forecast.
func (s *stepPlan) plan() resource.Change {
	switch {
	case s.change != nil:
		return *s.change
	case s.have == cty.NilVal:
		return resource.Change{Addr: s.of.Addr, Action: resource.None}
	}
	return resource.Change{Addr: s.of.Addr, Kind: s.of.Kind, Action: resource.None, Have: s.have, Want: s.of.Want, Secret: s.of.Secret}
}

// setPlan replaces the forecast.
func (s *stepPlan) setPlan(c resource.Change) {
	s.change, s.have = &c, cty.NilVal
}

// setObserved makes the forecast from what was observed of the resource.
func (s *stepPlan) setObserved(have cty.Value) {
	if c := resource.Diff(s.of, have); c.Empty() {
		s.change, s.have = nil, c.Have
	} else {
		s.setPlan(c)
	}
}

// needsNothing reports whether nothing is to be changed.
func (s *stepPlan) needsNothing() bool { return s.change == nil || s.change.Empty() }

// action is the forecast action.
func (s *stepPlan) action() resource.Action {
	if s.change == nil {
		return resource.None
	}
	return s.change.Action
}

// notes are those of the forecast.
func (s *stepPlan) notes() []string {
	if s.change == nil {
		return nil
	}
	return s.change.Notes
}

// note adds notes to the forecast.
func (s *stepPlan) note(notes ...string) {
	if len(notes) > 0 {
		s.setNotes(append(s.notes(), notes...))
	}
}

// setNotes replaces the notes of the forecast.
func (s *stepPlan) setNotes(notes []string) {
	if s.change == nil {
		if len(notes) == 0 {
			return
		}
		s.setPlan(s.plan())
	}
	s.change.Notes = notes
}
