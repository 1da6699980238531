package event

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What comes from outside loses its secrets; addresses stay, and so does the
// event that others hold.
func TestScrubbed(t *testing.T) {
	text := strings.NewReplacer("hunter2", "*").Replace
	value := func(raw json.RawMessage) json.RawMessage { return json.RawMessage(text(string(raw))) }
	whole := Event{
		Type: Failed, Resource: `file["/hunter2"]`, Message: "m hunter2", Error: "e hunter2", Causes: []string{"exec.hunter2"},
		Notes: []string{"plain", "n hunter2", "hunter2 too"},
		Changes: []Attr{
			{Name: "plain", Before: json.RawMessage(`"a"`), After: json.RawMessage(`"b"`), Diff: "-a\n+b\n"},
			{Name: "x", Before: json.RawMessage(`"hunter2"`), After: json.RawMessage(`["hunter2"]`), Diff: "-hunter2\n+x\n"},
			{Name: "y", Diff: "+hunter2\n"},
		},
	}
	before, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	want := Event{
		Type: Failed, Resource: `file["/hunter2"]`, Message: "m *", Error: "e *", Causes: []string{"exec.hunter2"},
		Notes: []string{"plain", "n *", "* too"},
		Changes: []Attr{
			{Name: "plain", Before: json.RawMessage(`"a"`), After: json.RawMessage(`"b"`), Diff: "-a\n+b\n"},
			{Name: "x", Before: json.RawMessage(`"*"`), After: json.RawMessage(`["*"]`), Diff: "-*\n+x\n"},
			{Name: "y", Before: json.RawMessage(""), After: json.RawMessage(""), Diff: "+*\n"},
		},
	}
	if d := cmp.Diff(want, Scrubbed(whole, text, value), cmp.Comparer(func(a, b json.RawMessage) bool { return string(a) == string(b) })); d != "" {
		t.Error(d)
	}
	after, err := json.Marshal(whole)
	if err != nil || string(after) != string(before) {
		t.Errorf("the event itself was changed: %s", after)
	}
	plain := Event{Type: Warning, Message: "nothing", Notes: []string{"here"}}
	if d := cmp.Diff(plain, Scrubbed(plain, text, value)); d != "" {
		t.Error(d)
	}
}
