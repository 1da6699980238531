package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

// drawHolds draws the records of sites about a thing, as the ledger encodes them.
func drawHolds(t *rapid.T, name *rapid.Generator[string]) string {
	holds := ""
	for range rapid.IntRange(0, 3).Draw(t, "sites") {
		var tells []LedgerNotify
		if rapid.Bool().Draw(t, "tells") {
			tells = []LedgerNotify{{Target: resource.Addr{Kind: "service", Name: "x"}, Key: name.Draw(t, "target"), Verb: "reload", When: resource.Delayed}}
		}
		deps := rapid.SliceOfN(name, 0, 3).Draw(t, "deps")
		holds = withHold(holds, name.Draw(t, "site"), nil, EncodeLinks(deps, tells))
	}
	return holds
}

// A site's record of a thing is read back unchanged, beside those of other sites, whatever the names are.
func TestHoldsAreKeptSiteBySite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.SampledFrom([]rune("ab/\\\t\n\"_e tn")))
		others := drawHolds(t, name)
		site := name.Draw(t, "own")
		deps := rapid.SliceOfN(name, 0, 3).Draw(t, "own deps")
		tell := LedgerNotify{Target: resource.Addr{Kind: "exec", Name: "x", Each: true, Key: name.Draw(t, "key")}, Key: name.Draw(t, "tk"), Verb: "run", When: rapid.SampledFrom([]resource.Timing{resource.Before, resource.Immediately, resource.Delayed}).Draw(t, "when")}
		files := Files{slices.Concat(rapid.SliceOfN(name, 0, 2).Draw(t, "within")), slices.Concat(rapid.SliceOfN(name, 0, 2).Draw(t, "writes"))}
		links, by := EncodeLinks(slices.Clone(deps), []LedgerNotify{tell}).In(files), name.Draw(t, "protected by")
		if by != "" {
			links = links.Protected(by)
		}
		holds := withHold(others, site, nil, links)

		slices.Sort(deps)
		want := Hold{Site: site, Deps: slices.Compact(deps), Notifies: []LedgerNotify{tell}, Protected: by, Files: files}
		if len(deps) == 0 {
			want.Deps = nil
		}
		var got []Hold
		for _, h := range decodeHolds(holds, (&ledger{}).targetValue) {
			if h.Site == site {
				got = append(got, h)
			}
		}
		if d := cmp.Diff([]Hold{want}, got); d != "" {
			t.Fatal(d)
		}
		if !isHeldBy(holds, []string{escapeItem(site)}) {
			t.Fatal("it does not count as held")
		}
		left := withoutHold(holds, []string{site})
		if got, want := isHeldByOther(holds, []string{escapeItem(site)}), left != ""; got != want {
			t.Fatalf("it counts as held by another: %t, want %t: %q is left", got, want, left)
		}
		if d := cmp.Diff(withoutHold(others, []string{site}), withoutHold(holds, []string{site})); d != "" {
			t.Fatalf("what others say is not as it was: %s", d)
		}
	})
}

// heldBy describes /etc/x in a state's ledger: "" without an entry, "-" without a known site.
func heldBy(s *State, sites ...string) string {
	if len(sites) == 0 {
		sites = []string{"none of them"}
	}
	out := ""
	for _, e := range s.LedgerOf(Site{Name: sites[0], Former: sites[1:]}).ListUndeclared(func(string) bool { return false }) {
		out += e.Key + " by"
		for _, h := range e.Holds {
			out += " " + h.Site
		}
	}
	return out
}

// begunBy starts a run of a site.
func begunBy(t *testing.T, s *State, id, site string, former ...string) *Run {
	t.Helper()
	r := start(t, s, id)
	r.SiteID = Site{site, former}
	return r
}

func make1(t *testing.T, r *Run, c resource.Change) {
	t.Helper()
	ctx := context.Background()
	if err := r.Begin(ctx, oneChange(c), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Done(ctx, c, at(1), nil); err != nil {
		t.Fatal(err)
	}
}

// A thing belongs to the sites that declare it, until the last one no longer does.
func TestSitesHoldThings(t *testing.T) {
	ctx := context.Background()
	x := []Holding{{Key: "path:/etc/x"}, {Key: "path:/not/converge's"}}
	for _, c := range []struct {
		summary string
		does    func(t *testing.T, s *State)
		a, b    string // the undeclared things of each site if it declares nothing
	}{
		{"made by one", func(t *testing.T, s *State) {
			make1(t, begunBy(t, s, "r1", "a"), entry(resource.Create, "x", "1"))
		}, "path:/etc/x by a", ""},
		{"made by one, declared by another", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			must(t, begunBy(t, s, "r2", "b").Hold(ctx, x))
		}, "path:/etc/x by a b", "path:/etc/x by a b"},
		{"changed by another", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			make1(t, begunBy(t, s, "r2", "b"), entry(resource.Update, "x", "b"))
		}, "path:/etc/x by a b", "path:/etc/x by a b"},
		{"one lets go", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			r = begunBy(t, s, "r2", "b")
			must(t, r.Hold(ctx, x))
			must(t, r.LetGo(ctx, []string{"path:/etc/x"}))
		}, "path:/etc/x by a", ""},
		{"the last keeps it", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			must(t, r.LetGo(ctx, []string{"path:/etc/x"}))
		}, "path:/etc/x by a", ""},
		{"made before converge kept sites", func(t *testing.T, s *State) {
			make1(t, start(t, s, "r1"), entry(resource.Create, "x", "1"))
		}, "path:/etc/x by", "path:/etc/x by"},
		{"that, and declared by a site since", func(t *testing.T, s *State) {
			r := start(t, s, "r1")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			must(t, begunBy(t, s, "r2", "b").Hold(ctx, x))
		}, "", "path:/etc/x by b"},
		{"the site has another name by now", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			must(t, begunBy(t, s, "r2", "b", "a").Hold(ctx, x))
		}, "", "path:/etc/x by b"},
		{"that, and it is declared no more", func(t *testing.T, s *State) {
			r := begunBy(t, s, "r1", "a")
			make1(t, r, entry(resource.Create, "x", "1"))
			script(t, r, "finish")
			must(t, begunBy(t, s, "r2", "b", "a").Hold(ctx, nil))
		}, "", "path:/etc/x by b"},
		{"found by one, never created", func(t *testing.T, s *State) {
			make1(t, begunBy(t, s, "r1", "a"), entry(resource.Update, "x", "1"))
		}, "", ""},
	} {
		for _, end := range []string{"goes on", "finished", "killed"} {
			t.Run(c.summary+"/"+end, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				s := open(t, dir)
				c.does(t, s)
				if end == "finished" {
					script(t, s.run, "finish")
				}
				if end != "goes on" {
					s.Close()
					s = open(t, dir)
				}
				if a, b := heldBy(s, "a"), heldBy(s, "b"); a != c.a || b != c.b {
					t.Errorf("a finds %q, b finds %q, want %q and %q", a, b, c.a, c.b)
				}
			})
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Dependencies and notifications are kept with the declarations of their targets, and follow the manifest; an unchanged
// record is not written.
func TestHoldKeepsLinks(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	target := resource.Addr{Kind: "service", Name: "web"}
	links := EncodeLinks([]string{"user:u", "path:/d"}, []LedgerNotify{{Target: target, Key: "service:web.service", Verb: "reload", When: resource.Delayed}})
	begin := func(id string, l Links) *Run {
		r := begunBy(t, s, id, "a")
		r.Links = func(resource.Addr) Links { return l }
		r.Site = func(resource.Addr) *resource.Resource {
			return &resource.Resource{Want: cty.ObjectVal(map[string]cty.Value{
				"name": cty.StringVal("web.service"), "key": cty.StringVal("hush"),
			}), Secret: map[string]bool{"key": true}}
		}
		return r
	}
	r := begin("r1", Links{})
	make1(t, r, entry(resource.Create, "x", "1"))
	script(t, r, "finish")
	r = begin("r2", links)
	must(t, r.Hold(ctx, []Holding{{Key: "path:/etc/x", Links: links}}))
	script(t, r, "finish")
	r = begin("r3", links)
	must(t, r.Hold(ctx, []Holding{{Key: "path:/etc/x", Links: links}}))
	if r.lines.f != nil {
		t.Error("a run that learned nothing has written something")
	}
	s.Close()
	s = open(t, dir)
	got := s.LedgerOf(Site{Name: "a"}).ListUndeclared(func(string) bool { return false })
	want := `[{a [path:/d user:u] [{service.web service:web.service reload {"key":{"$secret":true},"name":"web.service"}}]}]`
	if len(got) != 1 || replaceWants(got[0].Holds) != want {
		t.Errorf("got %s\nwant %s", replaceWants(got[0].Holds), want)
	}
	r = begin("r4", Links{})
	must(t, r.Hold(ctx, []Holding{{Key: "path:/etc/x"}}))
	script(t, r, "finish")
	if n := len(s.memory.ledger.allEntries()); n != 1 {
		t.Errorf("the ledger has %d lines, want 1: a target that nothing notifies is forgotten", n)
	}
}

func replaceWants(hs []Hold) string {
	type plain struct {
		Target resource.Addr
		Key    string
		Verb   string
		Want   string
	}
	var out []any
	for _, h := range hs {
		var tells []plain
		for _, n := range h.Notifies {
			tells = append(tells, plain{n.Target, n.Key, n.Verb, string(n.Want)})
		}
		out = append(out, struct {
			Site string
			Deps []string
			N    []plain
		}{h.Site, h.Deps, tells})
	}
	return fmt.Sprint(out)
}
