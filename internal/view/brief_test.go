package view

import (
	"testing"

	"converge/internal/event"
)

// TestBriefChanges: a change of attributes with short names is one line, unless that would hide or blur a value.
func TestBriefChanges(t *testing.T) {
	brief := func(name, short string, before, after any) event.Attr {
		a := attr(name, before, after)
		a.Brief = short
		return a
	}
	live, saved := brief("live_value", "live", "60", "10"), brief("saved_value", "at boot", "", "10")
	secret := live
	secret.Before, secret.After, secret.Secret = nil, nil, true
	for name, tt := range map[string]struct {
		changes []event.Attr
		width   int
		want    string
	}{
		"two sides":      {changes: []event.Attr{live, saved}, want: "~ sysctl.x  live 60 → 10, at boot (none) → 10\n"},
		"numbers":        {changes: []event.Attr{brief("n", "live", 1, 2)}, want: "~ sysctl.x  live 1 → 2\n"},
		"nothing before": {changes: []event.Attr{brief("n", "live", nil, "b")}, want: "~ sysctl.x  live (none) → b\n"},
		"no short name":  {changes: []event.Attr{live, attr("mode", "1", "2")}, want: "~ sysctl.x\n    live_value: \"60\" → \"10\"\n    mode:       \"1\" → \"2\"\n"},
		"secret":         {changes: []event.Attr{secret}, want: "~ sysctl.x\n    live_value: (sensitive)\n"},
		"a comma":        {changes: []event.Attr{brief("n", "live", "a, b", "c")}, want: "~ sysctl.x\n    n: \"a, b\" → \"c\"\n"},
		"too wide":       {changes: []event.Attr{live, saved}, width: 40, want: "~ sysctl.x\n    live_value:  \"60\" → \"10\"\n    saved_value: \"\" → \"10\"\n"},
	} {
		h := changeWriter{screen: &screen{opt: Options{Width: tt.width}}}
		h.writeChange(event.Event{Resource: "sysctl.x", Action: "update", Changes: tt.changes})
		if got := h.buf.String(); got != tt.want {
			t.Errorf("%s:\n%swant\n%s", name, got, tt.want)
		}
	}
}
