package journal

import (
	"encoding/json"
	"testing"

	"converge/internal/resource"
)

// The ledger has a thing that a killed run may have created, if its content distinguishes it from those of other
// owners.
func TestPresumeMade(t *testing.T) {
	const after, digest = `{"path":"/x","content":{"$content":{"digest":"d1","size":1}}}`, "d1"
	step := func(change func(s *Step)) Step {
		s := Step{Addr: resource.Addr{Kind: "file", Name: "x"}, Key: "path:/x", Action: resource.Create, After: json.RawMessage(after)}
		change(&s)
		return s
	}
	known := ledgerValue{digest: "d0", addr: "file.x", holds: "web"}
	for _, c := range []struct {
		name string
		site string
		had  ledgerValue
		step Step
		want ledgerValue
	}{
		{"created", "web", ledgerValue{}, step(func(*Step) {}), ledgerValue{digest: digest, addr: "file.x", holds: "web"}},
		{"found right by another site", "web", ledgerValue{addr: "file.y", found: true, holds: "db"}, step(func(*Step) {}), ledgerValue{digest: digest, addr: "file.x", holds: withHold("db", "web", nil, Links{})}},
		{"known", "web", known, step(func(*Step) {}), known},
		{"changed", "web", ledgerValue{}, step(func(s *Step) { s.Action = resource.Update }), ledgerValue{}},
		{"came along", "web", ledgerValue{}, step(func(s *Step) { s.Also = true }), ledgerValue{}},
		{"without a content", "web", ledgerValue{}, step(func(s *Step) { s.After = json.RawMessage(`{"path":"/x"}`) }), ledgerValue{}},
		{"a text", "web", ledgerValue{}, step(func(s *Step) { s.After = json.RawMessage(`{"content":"x"}`) }), ledgerValue{}},
		{"no site", "", ledgerValue{}, step(func(*Step) {}), ledgerValue{}},
	} {
		m := newMemory()
		m.ledger.entries = map[string]ledgerValue{}
		if c.had != (ledgerValue{}) {
			m.ledger.entries["path:/x"] = c.had
		}
		m.presumeMade(c.site, c.step)
		if got := m.ledger.entries["path:/x"]; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
