package journal

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The things of other sites are counted alike in lines and in parsed entries.
func TestCountHeld(t *testing.T) {
	made, found := ledgerValue{addr: `file["/a"]`}, ledgerValue{addr: `file["/a"]`, found: true}
	of := func(v ledgerValue, sites ...string) ledgerValue {
		for _, site := range sites {
			v.holds = withHold(v.holds, site, nil, Links{})
		}
		return v
	}
	original := of(found, "/the old")
	original.original = `{"before":{},"after":{}}`
	entries := &ledger{entries: map[string]ledgerValue{
		"path:/own": of(made, "web"), "path:/was": of(made, "was web"), "path:/none": made,
		"path:/both+": of(made, "web", "/the old"), "path:/old": of(made, "/the old"), "path:/found+": of(found, "/the old", "other"),
		"path:/original": original, "path:/found": of(found, "other"), "path:/no": of(made, "no"),
	}}
	lines := &ledger{}
	if err := lines.parseLedger("ledger", string(entries.encodeLedger("r1"))); err != nil {
		t.Fatal(err)
	}
	want := map[string]HeldCount{"/the old": {Made: 3, Declared: 2, Undeclared: 2}, "other": {Declared: 1}}
	for name, l := range map[string]*ledger{"entries": entries, "lines": lines} {
		s, asked := &State{memory: memory{ledger: l}}, map[string]int{}
		got := s.LedgerOf(Site{Name: "web", Former: []string{"was web"}}).CountHeld(func(site string) bool {
			asked[site]++
			return site != "no"
		}, func(key string) bool { return strings.HasSuffix(key, "+") })
		if d := cmp.Diff(want, maps.Clone(got)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(map[string]int{"/the old": 1, "other": 1, "no": 1}, asked); d != "" {
			t.Errorf("%s: a site is asked for once: %s", name, d)
		}
	}
}
