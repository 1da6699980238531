package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// Things that sites declare and converge only found are in the ledger as long as a site declares them, and prune takes
// back none of them. Each step is a run of a site; want is the ledger after it: key, sites, w: the content is declared,
// m: converge made it.
func TestFoundThings(t *testing.T) {
	ctx := context.Background()
	found := func(key string) Holding { return Holding{Key: key, Addr: addr("file.x"), Stays: true} }
	whole := func(key string) Holding { return Holding{Key: key, Addr: addr("file.x"), Stays: true, Whole: true} }
	absent := func(key string) Holding { return Holding{Key: key, Addr: addr("file.x")} }
	for _, c := range []struct {
		name  string
		steps []foundStep
	}{
		{"found, and declared no more", []foundStep{
			{site: "a", holds: []Holding{whole("path:/x"), found("path:/y")}, want: "path:/x a w; path:/y a"},
			{site: "a", holds: []Holding{whole("path:/x"), found("path:/y")}, idle: true, want: "path:/x a w; path:/y a"},
			{site: "a", holds: []Holding{found("path:/x")}, want: "path:/x a"},
			{site: "a", want: ""},
		}},
		{"found by two sites", []foundStep{
			{site: "a", holds: []Holding{found("path:/x")}, want: "path:/x a"},
			{site: "b", holds: []Holding{found("path:/x")}, want: "path:/x a+b"},
			{site: "a", want: "path:/x b"},
			{site: "a", idle: true, want: "path:/x b"},
		}},
		{"to be absent for another site, which must not write it in each run", []foundStep{
			{site: "a", holds: []Holding{found("path:/x")}, want: "path:/x a"},
			{site: "b", holds: []Holding{absent("path:/x")}, idle: true, want: "path:/x a"},
			{site: "b", holds: []Holding{absent("path:/x")}, idle: true, want: "path:/x a"},
		}},
		{"a manifest without a name", []foundStep{
			{site: NoSite, holds: []Holding{found("path:/x")}, idle: true, want: ""},
		}},
		{"under a new name", []foundStep{
			{site: "a", holds: []Holding{found("path:/x")}, want: "path:/x a"},
			{site: "c", former: "a", holds: []Holding{found("path:/x")}, want: "path:/x c"},
			{site: "c", former: "a", holds: []Holding{found("path:/x")}, idle: true, want: "path:/x c"},
		}},
		{"found, then made: it is converge's own, and stays in the ledger", []foundStep{
			{site: "a", holds: []Holding{whole("path:/x")}, want: "path:/x a w"},
			{site: "a", makes: "path:/x", holds: []Holding{whole("path:/x")}, want: "path:/x a m"},
			{site: "a", idle: true, want: "path:/x a m"},
		}},
		{"made by one, found by another", []foundStep{
			{site: "a", makes: "path:/x", holds: []Holding{whole("path:/x")}, want: "path:/x a m"},
			{site: "b", holds: []Holding{whole("path:/x")}, want: "path:/x a+b w m"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for i, step := range c.steps {
				s := open(t, dir)
				run := begunBy(t, s, "r"+string(rune('1'+i)), step.site)
				if step.former != "" {
					run.SiteID.Former = []string{step.former}
				}
				if step.makes != "" {
					ch := entry(resource.Create, "x", "1")
					ch.Key = step.makes
					make1(t, run, ch)
				}
				must(t, run.Hold(ctx, step.holds))
				if idle := run.lines.f == nil; idle != step.idle {
					t.Errorf("step %d: it wrote nothing: %v", i+1, idle)
				}
				script(t, run, "finish")
				must(t, s.Close())
				s = open(t, dir)
				if d := cmp.Diff(step.want, listEntries(s)); d != "" {
					t.Errorf("step %d (-want +got):\n%s", i+1, d)
				}
				made := 0
				for _, e := range s.Orphans(func(string) bool { return false }) {
					if made++; e.OnlyDeclared {
						t.Errorf("step %d: prune would take back %s", i+1, e.Key)
					}
				}
				if made != strings.Count(step.want, " m") {
					t.Errorf("step %d: prune knows %d things", i+1, made)
				}
				must(t, s.Close())
			}
		})
	}
}

// A site may hold more entries than a line of the journal can contain.
func TestManyFoundThings(t *testing.T) {
	dir := t.TempDir()
	var hs []Holding
	for i := range 2 * maxLine / 8000 {
		key := fmt.Sprintf("path:/%s%d", strings.Repeat("x", 4000), i)
		hs = append(hs, Holding{Key: key, Addr: resource.Addr{Kind: "file", Name: key}, Stays: true})
	}
	s := open(t, dir)
	run := begunBy(t, s, "r1", "a")
	must(t, run.Hold(t.Context(), hs))
	must(t, s.Close()) // like after a kill: written records count
	s = open(t, dir)
	if n := len(s.LedgerOf(Site{}).ListThings(func(LedgerEntry) bool { return true })); n != len(hs) {
		t.Errorf("the ledger has %d of %d things", n, len(hs))
	}
}

// TestSplitHeld: each entry stays with the one that it replaces.
func TestSplitHeld(t *testing.T) {
	var held, were []LedgerChange
	for i := range 40 {
		held = append(held, LedgerChange{Key: fmt.Sprint(i), Holds: strings.Repeat("x", heldPart/8)})
		if i < 30 {
			were = append(were, LedgerChange{Key: fmt.Sprint(i), Addr: "was"})
		}
	}
	n := 0
	for _, r := range splitHeld(held, were) {
		for i := range r.Held {
			if r.Held[i].Key != fmt.Sprint(n) || n < 30 && (r.Were[i].Key != fmt.Sprint(n) || r.Were[i].Addr != "was") {
				t.Errorf("entry %d is %+v, and was %+v", n, r.Held[i], r.Were[i])
			}
			n++
		}
	}
	if parts := len(splitHeld(held, were)); n != 40 || parts < 5 || parts > 6 {
		t.Errorf("%d entries in %d records", n, parts)
	}
	if len(splitHeld(nil, nil)) != 0 {
		t.Error("a record of nothing")
	}
}

// foundStep is one run of a site.
type foundStep struct {
	site, former string
	makes        string // the key of the thing that the run makes
	holds        []Holding
	idle         bool // the run writes nothing
	want         string
}

// listEntries describes the things of the ledger.
func listEntries(s *State) string {
	var out []string
	for _, e := range s.LedgerOf(Site{}).ListThings(func(LedgerEntry) bool { return true }) {
		sites, text := map[string]bool{}, ""
		for _, h := range e.Holds {
			if sites[h.Site] = true; h.Whole {
				text = " w"
			}
		}
		if !e.OnlyDeclared {
			text += " m"
		}
		out = append(out, e.Key+" "+strings.Join(slices.Sorted(maps.Keys(sites)), "+")+text)
	}
	return strings.Join(out, "; ")
}
