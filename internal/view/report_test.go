package view

import (
	"strings"
	"testing"

	"converge/internal/event"
)

// A report sums up the events of a run: which events become lines, and which do not.
func TestReport(t *testing.T) {
	r := &Report{Version: ReportVersion, Mode: "apply"}
	for _, e := range []event.Event{
		{Type: event.RunStarted, Mode: "apply"},
		{Type: event.Planned, Resource: "file.a", Action: "create"}, // an apply reports what it did
		{Type: event.PlanFinished, Counts: &event.Counts{Create: 9}},
		{Type: event.Applied, Resource: "file.a", Place: "s.hcl:1", Action: "create", Changes: []event.Attr{{Name: "content"}}},
		{Type: event.Failed, Resource: "file.b", Error: "cannot write\xff"},
		{Type: event.Failed, Error: "cannot reload"},
		{Type: event.Skipped, Resource: "file.c", Causes: []string{"file.b"}},
		{Type: event.Notified, Resource: "service.a", Verb: "restart", Void: true},
		{Type: event.Held, Resource: "service.b", Verb: "reload", Error: "its config is wrong"},
		{Type: event.Queued, Resource: "service.c", Verb: "start", Message: "c.service", Causes: []string{"cloud-final.service"}},
		{Type: event.Dropped, Resource: "exec.d", Verb: "run", Error: "it is gone"},
		{Type: event.Warning, Message: "a warning"},
		{Type: event.RunFinished, Counts: &event.Counts{Create: 1}, Recurring: []string{"exec.e"}},
	} {
		r.Emit(e)
	}
	got, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(got)), " ")
	for _, want := range []string{
		`"changed": [ { "resource": "file.a", "place": "s.hcl:1", "action": "create" } ]`,
		`"failed": [ { "resource": "file.b", "error": "cannot write\\xff" }, { "error": "cannot reload" } ]`,
		`"skipped": [ { "resource": "file.c", "behind": [ "file.b" ] } ]`,
		`"notified": [ { "resource": "service.a", "verb": "restart", "void": true } ]`,
		`"held": [ { "resource": "service.b", "verb": "reload", "error": "its config is wrong" } ]`,
		`"queued": [ { "resource": "service.c", "verb": "start", "unit": "c.service", "behind": [ "cloud-final.service" ] } ]`,
		`"dropped": [ { "resource": "exec.d", "verb": "run", "error": "it is gone" } ]`,
		`"warnings": [ "a warning" ]`, `"recurring": [ "exec.e" ]`, `"create": 1,`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}
