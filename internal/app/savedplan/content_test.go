package savedplan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/resource"
)

// TestWhatAPlanKeeps shows which events a saved plan shows again, and which explain a stale one.
func TestWhatAPlanKeeps(t *testing.T) {
	big := event.Attr{Name: "content", Diff: strings.Repeat("+", maxShown)}
	small := event.Attr{Name: "mode", Diff: "+x"}
	for _, c := range []struct {
		event         event.Event
		kept, planned bool
	}{
		{event.Event{Type: event.RunStarted}, false, false},
		{event.Event{Type: event.Planned, Resource: "a", Action: "create"}, true, true},
		{event.Event{Type: event.Planned, Resource: "a", Action: "none"}, false, true},
		{event.Event{Type: event.Planned, Resource: "a", Action: "none", Notes: []string{"left alone"}}, true, true},
		{event.Event{Type: event.Planned, Resource: "a", Action: "none", Tentative: true}, true, true},
		{event.Event{Type: event.Failed, Resource: "a"}, true, true},
		{event.Event{Type: event.Skipped, Resource: "a"}, true, false},
		{event.Event{Type: event.Orphaned, Resource: "a", Action: "none"}, true, false},
		{event.Event{Type: event.Orphaned, Resource: "a", Action: "delete"}, true, true},
		{event.Event{Type: event.Forecast, Resource: "a"}, true, false},
		{event.Event{Type: event.Owes, Resource: "a"}, true, false},
		{event.Event{Type: event.Dropped, Resource: "a"}, true, false},
		{event.Event{Type: event.Warning, Message: "careful"}, true, false},
		{event.Event{Type: event.Progress, Message: "observed 1"}, false, false},
		{event.Event{Type: event.PlanFinished}, true, false},
	} {
		shown := &Transcript{}
		seen := &Forecasts{Sink: shown}
		seen.Emit(c.event)
		if _, planned := seen.planned["a"]; len(shown.events) == 1 != c.kept || planned != c.planned {
			t.Errorf("%+v: kept %d, planned %t", c.event, len(shown.events), planned)
		}
	}
	shown := &Transcript{}
	whole := event.Event{Type: event.Planned, Action: "update", Changes: []event.Attr{big, small}}
	shown.Emit(whole)
	if got := shown.events[0].Changes; len(got[0].Diff) != maxShown || got[1].Diff != "" || whole.Changes[1].Diff != "+x" {
		t.Errorf("of two differences %d and %d bytes are kept, and the event has %q", len(got[0].Diff), len(got[1].Diff), whole.Changes[1].Diff)
	}
}

// TestPlanAnswers shows what apply reads from a saved plan.
func TestPlanAnswers(t *testing.T) {
	p := &Plan{Vars: map[string]json.RawMessage{
		"text": json.RawMessage(`"a \"b\""`), "number": json.RawMessage(`1.5`), "list": json.RawMessage(`["a",1]`), "none": json.RawMessage(`null`),
	}}
	if got := fmt.Sprint(p.Variables()); got != `map[list:["a",1] none: number:1.5 text:a "b"]` {
		t.Errorf("variables %s", got)
	}
	a := resource.Addr{Kind: "file", Name: "a"}
	p.Steps = []engine.SavedStep{{Addr: a, Have: "h", Want: "w"}}
	if steps, have := p.ByAddr(); len(steps) != 1 || steps[a].Want != "w" || have[a] != "h" {
		t.Errorf("steps %v, %v", steps, have)
	}
	for given, want := range map[string]string{
		"": "<nil>", "json verbose var": "<nil>", "json target": "--target is part of the saved plan and cannot be given again",
		"prune root": "--root is part of the saved plan and cannot be given again",
	} {
		if got := fmt.Sprint(CheckFlags(strings.Fields(given))); got != want {
			t.Errorf("with %q: %s, want %s", given, got, want)
		}
	}
}
