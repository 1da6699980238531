package view

import (
	"encoding/json"
	"strings"
	"testing"

	"converge/internal/event"
)

// TestUnforeseenChangeIsShownBelowItsPlan shows, below a confirmed plan, only the changes that differ from it.
func TestUnforeseenChangeIsShownBelowItsPlan(t *testing.T) {
	plan := event.Event{Type: event.Planned, Resource: "file.a", Action: "create", Changes: []event.Attr{{Name: "mode", After: json.RawMessage(`"0644"`)}}}
	same, other := plan, plan
	same.Type = event.Applied
	other.Type, other.Action, other.Removes = event.Applied, "update", []string{"/a/precious"}
	for _, c := range []struct {
		applied event.Event
		shown   int
	}{{same, 1}, {other, 2}} {
		var out strings.Builder
		h := NewHuman(&out, Options{ShowPlan: true})
		h.Emit(event.Event{Type: event.RunStarted, Mode: "apply"})
		h.Emit(plan)
		h.Emit(c.applied)
		if n := strings.Count(out.String(), "mode:"); n != c.shown {
			t.Errorf("attributes are shown %d times, want %d:\n%s", n, c.shown, out.String())
		}
	}
}
