package view

import (
	"testing"

	"converge/internal/event"
)

// TestSections shows the output of a plan and an apply at the end of the forecast.
func TestSections(t *testing.T) {
	also := func(action string, changes ...event.Attr) event.Event {
		return event.Event{Type: event.Forecast, Resource: "package.libx", Action: action, Changes: changes}
	}
	owes := event.Event{Type: event.Owes, Resource: "service.a", Verb: "restart", When: "delayed", Causes: []string{"file.a"}}
	earlier := owes
	earlier.Run = "R1"
	with := func(e event.Event, f func(*event.Event)) event.Event { f(&e); return e }
	for _, tt := range []struct {
		name    string
		verbose bool
		evs     []event.Event
		plan    string
		apply   string
	}{
		{"nothing", false, nil, "", ""},
		{"perhaps", false, []event.Event{{Type: event.Planned, Resource: "file.a", Action: "none", Tentative: true}}, "? may change too, after what comes before: file.a\n\n", ""},
		{"tentative", false, []event.Event{{Type: event.Planned, Resource: "file.a", Action: "update", Tentative: true}}, "~ file.a (after what it depends on)\n\n", ""},
		{"tentative, after a cause", false, []event.Event{{Type: event.Planned, Resource: "file.a", Action: "update", Tentative: true, Causes: []string{"package.b"}}}, "~ file.a (after package.b)\n\n", ""},
		{"left as it is", false, []event.Event{{Type: event.Planned, Resource: "file.a", Action: "none", Notes: []string{"it is a link"}}}, "= file.a\n    note: it is a link\n\n", "= file.a\n    note: it is a link\n\n"},
		{"also installed", false, []event.Event{also("create", attr("version", nil, "1.2"), attr("provider", nil, "apt"))}, "Not declared, but part of the same transaction:\n  + apt will also install: libx 1.2\n\n", "Not declared, but part of the same transaction:\n  + apt will also install: libx 1.2\n\n"},
		{"also changed", false, []event.Event{also("update", attr("version", "1", "2"))}, "Not declared, but part of the same transaction:\n  ~ the package manager will also change: libx 1 → 2\n\n", "Not declared, but part of the same transaction:\n  ~ the package manager will also change: libx 1 → 2\n\n"},
		{"also removed", false, []event.Event{also("delete", attr("version", "1", nil))}, "Not declared, but part of the same transaction:\n  - the package manager will also remove: libx 1\n\n", "Not declared, but part of the same transaction:\n  - the package manager will also remove: libx 1\n\n"},
		{"also, by two managers", false, []event.Event{also("create", attr("version", nil, "1"), attr("provider", nil, "dnf")), also("create", attr("version", nil, "2"))}, "Not declared, but part of the same transaction:\n  + dnf will also install: libx 1\n  + the package manager will also install: libx 2\n\n", "Not declared, but part of the same transaction:\n  + dnf will also install: libx 1\n  + the package manager will also install: libx 2\n\n"},
		{"also, of no version", false, []event.Event{also("create")}, "Not declared, but part of the same transaction:\n  + the package manager will also install: libx\n\n", "Not declared, but part of the same transaction:\n  + the package manager will also install: libx\n\n"},
		{"orphan", false, []event.Event{{Type: event.Orphaned, Resource: "file.a", Action: "none"}}, "Made by an earlier run:\n  = file.a  no longer declared\n\n", ""},
		{"orphan, shown", true, []event.Event{{Type: event.Orphaned, Resource: "file.a", Action: "none"}}, "Made by an earlier run:\n  = file.a  no longer declared\n\n", "No longer declared, and left alone: 1 resource.\n\n"},
		{"orphan to remove", false, []event.Event{{Type: event.Orphaned, Resource: "file.a", Action: "delete", Notes: []string{"it holds 2 files"}}}, "Made by an earlier run:\n  - file.a  no longer declared; will be removed; it holds 2 files\n\n", ""},
		{"owed", false, []event.Event{owes}, "Will notify:\n  * service.a restart (1 cause: file.a), at the end of the run\n\n", ""},
		{"owed at once", true, []event.Event{with(owes, func(e *event.Event) { e.When = "immediately" })}, "Will notify:\n  * service.a restart (1 cause: file.a), right after the change\n      for file.a\n\n", ""},
		{"owed before", false, []event.Event{with(owes, func(e *event.Event) { e.When = "before" })}, "Will notify:\n  * service.a restart (1 cause: file.a), right before the change\n\n", ""},
		{"owed to what does not run", false, []event.Event{with(owes, func(e *event.Event) { e.Void, e.Notes = true, []string{"nothing runs here"} })}, "Will notify:\n  * service.a restart (1 cause: file.a), at the end of the run, not sent: nothing runs here\n\n", ""},
		{"owed in vain", false, []event.Event{with(owes, func(e *event.Event) { e.Void = true })}, "Will notify:\n  * service.a restart (1 cause: file.a), at the end of the run, not sent: the change of the resource itself has the same effect\n\n", ""},
		{"owed by an earlier run", false, []event.Event{earlier}, "Will notify:\n  * service.a restart (1 cause: file.a), owed since run R1\n\n", "Owed by an earlier run:\n  * service.a restart (1 cause: file.a), owed since run R1\n\n"},
		{"no longer needed", false, []event.Event{with(earlier, func(e *event.Event) { e.Void = true })}, "Will notify:\n  * service.a restart (1 cause: file.a), owed since run R1, no longer needed\n\n", "Owed by an earlier run:\n  * service.a restart (1 cause: file.a), owed since run R1, no longer needed\n\n"},
		{"settled by a planned change", false, []event.Event{with(earlier, func(e *event.Event) { e.Void, e.Tentative = true, true })}, "Will notify:\n  * service.a restart (1 cause: file.a), owed since run R1, not sent: the change of the resource itself has the same effect\n\n", "Owed by an earlier run:\n  * service.a restart (1 cause: file.a), owed since run R1, not sent: the change of the resource itself has the same effect\n\n"},
		{"to drop", false, []event.Event{{Type: event.Dropped, Resource: "service.a", Verb: "restart", Run: "R1", Error: "there is no such unit"}}, "Will be owed no more:\n  - service.a restart, owed since run R1\n      there is no such unit\n\n", ""},
		{"failed", false, []event.Event{{Type: event.Failed, Resource: "file.a", Error: "cannot read it"}}, "! file.a failed\n    cannot read it\n\n", ""},
		{"skipped", false, []event.Event{{Type: event.Skipped, Resource: "file.a", Causes: []string{"file.b"}}}, "! file.a skipped: it comes after file.b\n\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for mode, want := range map[string]string{"plan": tt.plan, "apply": tt.apply} {
				evs := append([]event.Event{{Type: event.RunStarted, Mode: mode}}, tt.evs...)
				if got := screenOf(t, Options{Verbose: tt.verbose}, append(evs, event.Event{Type: event.PlanFinished})); got != want {
					t.Errorf("%s: got %q,\nwant %q", mode, got, want)
				}
			}
		})
	}
}

// TestPlanSentence shows the line that sums a plan up.
func TestPlanSentence(t *testing.T) {
	for _, tt := range []struct {
		c    event.Counts
		want string
	}{
		{event.Counts{Resources: 1}, "Nothing to do: 1 resource is as declared.\n"},
		{event.Counts{Resources: 2000}, "Nothing to do: 2,000 resources are as declared.\n"},
		{event.Counts{Create: 1, Update: 2000, Delete: 3}, "Plan: 1 to create, 2,000 to change, 3 to remove.\n"},
		{event.Counts{Create: 1, Run: 2, Removes: 3}, "Plan: 1 to create, 0 to change, 0 to remove, 2 to run, 3 to purge.\n"},
		{event.Counts{Create: 1, Also: 2, Notified: 1}, "Plan: 1 to create, 0 to change, 0 to remove, 2 more by the package manager, 1 notification.\n"},
		{event.Counts{Create: 1, Dropped: 1, Held: 2}, "Plan: 1 to create, 0 to change, 0 to remove, 1 to drop, 2 held.\n"},
		{event.Counts{Create: 1, Failed: 1, Skipped: 2, Tolerated: 3}, "Plan: 1 to create, 0 to change, 0 to remove, 1 failed, 2 skipped, 3 failed and tolerated.\n"},
		{event.Counts{Create: 1, Off: 1}, "Plan: 1 to create, 0 to change, 0 to remove.\n1 resource is switched off; what it made stays.\n"},
	} {
		evs := []event.Event{{Type: event.RunStarted, Mode: "plan"}, {Type: event.PlanFinished, Counts: &tt.c}}
		if got := screenOf(t, Options{}, evs); got != tt.want {
			t.Errorf("%+v: got %q,\nwant %q", tt.c, got, tt.want)
		}
	}
}
