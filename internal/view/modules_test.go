package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"converge/internal/event"
)

// showPlan returns the output for a plan with n files in each of some modules.
func showPlan(n int, opt Options, modules ...string) string {
	var out bytes.Buffer
	h := NewHuman(&out, opt)
	h.Emit(event.Event{Type: event.RunStarted, Mode: "plan"})
	for i := range n {
		for _, m := range modules {
			h.Emit(event.Event{Type: event.Planned, Kind: "file", Resource: fmt.Sprintf("%sfile.f%d", m, i), Action: "create"})
		}
	}
	h.Emit(event.Event{Type: event.Planned, Kind: "service", Resource: modules[0] + "service.s", Action: "update"})
	h.Emit(event.Event{Type: event.Failed, Resource: modules[0] + "exec.e", Error: "no"})
	h.Emit(event.Event{Type: event.PlanFinished, Counts: &event.Counts{Create: n * len(modules), Update: 1, Failed: 1}})
	h.Close()
	return out.String()
}

// TestPlansAreGroupedByModule shows that a long plan is grouped by module, and a short one is not.
func TestPlansAreGroupedByModule(t *testing.T) {
	web := `module.web["a.b"].module.db.`
	short := showPlan(10, Options{}, web, "")
	if strings.Contains(short, "to create,") && strings.Contains(short, "The root manifest") || !strings.HasPrefix(short, "+ "+web+"file.f0\n+ file.f0\n") {
		t.Errorf("a short plan is not in its order:\n%s", short)
	}
	long := showPlan(25, Options{}, web, "")
	if !strings.HasPrefix(long, "The root manifest: 25 to create\n+ file.f0\n+ file.f1\n") ||
		!strings.Contains(long, "\n\nmodule.web[\"a.b\"].module.db: 25 to create, 1 to change\n+ "+web+"file.f0\n+ "+web+"file.f1\n") ||
		!strings.Contains(long, "! "+web+"exec.e failed") {
		t.Errorf("a long plan is not by module:\n%s", long)
	}
	if alone := showPlan(50, Options{}, ""); strings.Contains(alone, "The root manifest") {
		t.Errorf("the only module has a heading:\n%s", alone)
	}
}

// TestSummaryCountsChanges shows that a summary has counts instead of changes, and all faults.
func TestSummaryCountsChanges(t *testing.T) {
	got := showPlan(2, Options{Summary: true}, "module.web.", "")
	want := "The root manifest: 2 to create\n  + 2 files\n\nmodule.web: 2 to create, 1 to change\n  + 2 files\n  ~ 1 service\n! module.web.exec.e failed\n"
	if !strings.HasPrefix(got, want) || strings.Contains(got, "file.f0") || !strings.Contains(got, "Plan: 4 to create, 1 to change") {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
