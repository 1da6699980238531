package view

import (
	"fmt"
	"strings"
	"testing"

	"converge/internal/event"
)

// TestKept: the summary of an apply lists the orphans that prune left because they were protected; a long list is shortened.
func TestKept(t *testing.T) {
	const head = "Kept, though no longer declared (converge forget lets it go):\n"
	for _, n := range []int{0, 1, mostKept, mostKept + 2} {
		for _, mode := range []string{"apply", "plan"} {
			evs := []event.Event{{Type: event.RunStarted, Mode: mode}, {Type: event.Orphaned, Resource: "file.other", Action: "none"}}
			want := ""
			for i := range n {
				evs = append(evs, event.Event{Type: event.Orphaned, Resource: fmt.Sprintf("file.k%d", i), Action: "none", Protected: "file.x (site.hcl:2)"})
				if i < mostKept {
					want += fmt.Sprintf("  = file.k%d  was protected by file.x (site.hcl:2)\n", i)
				}
			}
			if n > mostKept {
				want += "  and 2 more\n"
			}
			evs = append(evs, event.Event{Type: event.PlanFinished}, event.Event{Type: event.RunFinished, Counts: &event.Counts{Resources: 1}})
			got := screenOf(t, Options{}, evs)
			if shown := mode == "apply" && n > 0; strings.Contains(got, head+want) != shown || strings.Contains(got, "Kept,") != shown {
				t.Errorf("%s, %d kept: %q", mode, n, got)
			}
		}
	}
}
