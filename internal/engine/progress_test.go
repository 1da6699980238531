package engine

import (
	"testing"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// TestIsReady: what comes before a target of a notification holds it back as it holds back the
// target's own step. An edge that only orders does neither for what is postponed, nor once the
// target has had its turn.
func TestIsReady(t *testing.T) {
	needs, guess, notice := assembly.Reason{}, assembly.Reason{Guess: true}, assembly.Reason{Notice: true}
	for _, tt := range []struct {
		name        string
		reason      assembly.Reason
		before, own state
		pending     bool
		ready       bool
	}{
		{"a dependency is to come", needs, waiting, waiting, false, false},
		{"a dependency is to come again", needs, waiting, untouched, false, false},
		{"a dependency is postponed", needs, postponed, postponed, false, false},
		{"a dependency had its turn", needs, changed, waiting, false, true},
		{"its own change is to come", needs, changed, waiting, true, false},
		{"only order, and both are to come", guess, waiting, waiting, false, false},
		{"only order, and the target had its turn", guess, waiting, untouched, false, true},
		{"only order, behind what is postponed", guess, postponed, waiting, false, true},
		{"only order, behind what is postponed and had its turn", guess, postponed, changed, false, true},
		{"another one that will notify it", notice, waiting, waiting, false, true},
	} {
		g := graph.New[assembly.Reason](2)
		g.Add(0, 1, tt.reason)
		p := &plan{site: &site{Graph: g}, steps: []step{{state: tt.before}, {state: tt.own}}}
		p.steps[1].setPlan(resource.Change{Action: resource.None})
		if tt.pending {
			p.steps[1].setPlan(resource.Change{Action: resource.Update})
		}
		if got := (&progress{plan: p}).isReady(1); got != tt.ready {
			t.Errorf("%s: ready %v, want %v", tt.name, got, tt.ready)
		}
	}
}
