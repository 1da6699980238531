package view

import (
	"encoding/json"
	"strings"
	"testing"

	"converge/internal/event"
)

// TestNewDirectoryListsNothingBelow omits the empty content of a new directory, and shows the content of an existing
// one.
func TestNewDirectoryListsNothingBelow(t *testing.T) {
	none := json.RawMessage("[]")
	for action, shown := range map[string]bool{"create": false, "update": true} {
		e := event.Event{Type: event.Planned, Resource: "directory.d", Action: action}
		for _, name := range []string{"undeclared", "differing"} {
			e.Changes = append(e.Changes, event.Attr{Name: name, After: none})
		}
		var out strings.Builder
		h := NewHuman(&out, Options{}).change
		h.writeAttrs(e)
		if err := h.flushTo(&out); err != nil {
			t.Fatal(err)
		}
		for _, a := range e.Changes {
			if strings.Contains(out.String(), a.Name) != shown {
				t.Errorf("%s of a directory to %s: shown is not %t\n%s", a.Name, action, shown, out.String())
			}
		}
	}
}
