package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestMakeRoom: each row has things of a kind of which two exclude each other if their values differ, and the order of
// the effects.
func TestMakeRoom(t *testing.T) {
	no := errors.New("no")
	for summary, c := range map[string]struct {
		site, orphans string
		have          map[string]string
		broken        map[string]error
		keep          bool // no --prune
		log           []string
		exit          int
	}{
		"it goes first": {
			site: "room new=2\nthing user=1 after:new", orphans: "room old", have: map[string]string{"old": "1"},
			log: []string{"apply old", "apply new", "apply user"},
		},
		"it goes first where a killed run has left both": {
			site: "room new=2\nthing user=1 after:new", orphans: "room old", have: map[string]string{"old": "1", "new": "2"},
			log: []string{"apply old", "apply user"},
		},
		"it goes though something else fails": {
			site: "thing other=1\nroom new=2", orphans: "room old", have: map[string]string{"old": "1"}, broken: map[string]error{"apply other": no},
			log: []string{"apply other", "apply old", "apply new"}, exit: 3,
		},
		"it goes at the end where both may be there": {
			site: "room new=1\nthing user=1 after:new", orphans: "room old", have: map[string]string{"old": "1"},
			log: []string{"apply new", "apply user", "apply old"},
		},
		"it does not wait for what goes at the end": {
			site: "room new=2\nthing user=1 after:new", orphans: "room old\nthing part dep:room:old", have: map[string]string{"old": "1", "part": "1"},
			log: []string{"apply old", "apply new", "apply user", "apply part"},
		},
		"it goes before two that take its place one after the other": {
			site: "room one=2\nthing between=1 after:one\nroom two=2 after:between", orphans: "room old", have: map[string]string{"old": "1"},
			log: []string{"apply old", "apply one", "apply between", "apply two"},
		},
		"it stays where its heir waits for what fails": {
			site: "thing first=1\nroom new=2 after:first", orphans: "room old", have: map[string]string{"old": "1"}, broken: map[string]error{"apply first": no},
			log: []string{"apply first"}, exit: 3,
		},
		"it stays where its heir is known to fail": {
			site: "room new=2", orphans: "room old", have: map[string]string{"old": "1"}, broken: map[string]error{"observe new": no}, exit: 3,
		},
		"its heir is not made where it cannot go": {
			site: "room new=2\nthing user=1 after:new", orphans: "room old", have: map[string]string{"old": "1"}, broken: map[string]error{"apply old": no},
			log: []string{"apply old"}, exit: 3,
		},
		"it stays without --prune": {
			site: "room new=2", orphans: "room old", have: map[string]string{"old": "1"}, keep: true,
			log: []string{"apply new"},
		},
	} {
		t.Run(strings.ReplaceAll(summary, " ", "_"), func(t *testing.T) {
			w := newWorld(c.have)
			w.broken = c.broken
			s := newFakeSite(t, w)
			room := *s.kinds["thing"]
			room.Name = "room"
			room.Takes = func(v cty.Value) map[string]string {
				return map[string]string{"the only place": resource.StringAttr(v, "value")}
			}
			s.kinds["room"] = &room
			rs := s.parse(c.site)
			for _, r := range rs {
				r.Key = r.Addr.Kind + ":" + r.Addr.Name
			}
			var journal memory
			o := s.options(rs, &recorder{}, &journal)
			o.Orphans, o.Prune = s.orphans(c.orphans), !c.keep
			p, err := Plan(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			res, err := Apply(t.Context(), o, p)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Errorf("effects: %s", d)
			}
			if res.Exit != c.exit {
				t.Errorf("exit %d, want %d", res.Exit, c.exit)
			}
		})
	}
}
