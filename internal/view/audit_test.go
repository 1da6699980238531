package view

import (
	"strings"
	"testing"

	"converge/internal/event"
)

// A resource that is only audited is shown in a plan, and at the end of an apply; an apply that shows its plan first
// does not show the drift twice.
func TestHumanShowsAudited(t *testing.T) {
	attrs := []event.Attr{{Name: "mode", Before: []byte(`"0600"`), After: []byte(`"0644"`)}}
	planned := event.Event{Type: event.Planned, Resource: "file.a", Action: "update", Changes: attrs, Audit: true}
	audited := planned
	audited.Type = event.Audited
	unseen := event.Event{Type: event.Planned, Resource: "file.b", Action: "none", Audit: true, Error: "permission denied"}
	unseenAt := unseen
	unseenAt.Type = event.Audited
	counts := &event.Counts{Resources: 2, Audited: 1}
	unknown := &event.Counts{Resources: 2, Unobserved: 1}
	changed := &event.Counts{Resources: 2, Update: 1, Audited: 1}
	const line, mode = "~ file.a differs, and is only audited\n", "    mode: \"0600\" → \"0644\"\n"
	for _, c := range []struct {
		summary string
		opt     Options
		events  []event.Event
		want    string
	}{
		{"a plan", Options{}, []event.Event{{Type: event.RunStarted, Mode: "plan"}, planned, {Type: event.PlanFinished, Counts: counts}},
			line + mode + "\nNothing to do: 1 resource is as declared, 1 differs and is only audited.\n"},
		{"an apply", Options{}, []event.Event{{Type: event.RunStarted, Mode: "apply"}, planned, {Type: event.PlanFinished, Counts: changed}, audited, {Type: event.RunFinished, Counts: changed, Proved: true}},
			line + mode + "\nApplied: 1 changed in 0.0s.\nProved: an immediate plan changes nothing.\n1 resource differs from what is declared, and is only audited.\n"},
		{"a plan of what cannot be compared", Options{}, []event.Event{{Type: event.RunStarted, Mode: "plan"}, unseen, {Type: event.PlanFinished, Counts: unknown}},
			"? file.b cannot be compared, and is only audited\n    permission denied\n\nNothing to do: 1 resource is as declared, 1 cannot be compared.\n"},
		{"an apply that shows its plan of that", Options{ShowPlan: true}, []event.Event{{Type: event.RunStarted, Mode: "apply"}, unseen, {Type: event.PlanFinished, Counts: unknown}, unseenAt, {Type: event.RunFinished, Counts: unknown, Proved: true}},
			"? file.b cannot be compared, and is only audited\n    permission denied\n\nNothing to do: 1 resource is as declared, 1 cannot be compared.\n"},
		{"an apply that shows its plan", Options{ShowPlan: true}, []event.Event{{Type: event.RunStarted, Mode: "apply"}, planned, {Type: event.PlanFinished, Counts: counts}, audited, {Type: event.RunFinished, Counts: counts, Proved: true}},
			line + mode + "\nNothing to do: 1 resource is as declared, 1 differs and is only audited.\n"},
	} {
		var b strings.Builder
		h := NewHuman(&b, c.opt)
		for _, e := range c.events {
			h.Emit(e)
		}
		h.Close()
		if b.String() != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.summary, b.String(), c.want)
		}
	}
}
