package undo

import (
	"testing"

	"converge/internal/notify"
	"converge/internal/resource"
)

// A run did not affect a target if its debt is still owed, or was dropped, and no run has tried to deliver it.
func TestUnseen(t *testing.T) {
	d := notify.Debt{
		Target: resource.Addr{Kind: "exec", Name: "e"}, Verb: "run", Cause: resource.Addr{Kind: "file", Name: "f"}, Run: "R",
	}
	o := d.Owner()
	owed := map[debtName]bool{nameDebt(d): true}
	paid := map[notify.Owner]bool{o: true}
	tried := map[resource.Addr]bool{d.Target: true}
	for _, tt := range []struct {
		name  string
		a     actions
		steps int
		want  bool
	}{
		{"owed", actions{owed: owed}, 1, true},
		{"owed for changes in two steps", actions{owed: owed}, 2, true},
		{"paid", actions{paid: paid}, 1, false},
		{"paid for another cause", actions{owed: owed, paid: paid}, 1, true},
		{"paid for the first of two steps", actions{owed: owed, paid: paid}, 2, false},
		{"dropped", actions{dropped: paid}, 1, true},
		{"dropped once and paid once", actions{dropped: paid, paid: paid}, 1, false},
		{"tried, and failed", actions{owed: owed, tried: tried}, 1, false},
		{"owed by a run that was killed", actions{owed: owed, cut: true}, 1, false},
		{"not owed any more, and nothing says why", actions{}, 1, false},
	} {
		if got := tt.a.isUnseen(d, tt.steps); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
