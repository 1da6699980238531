package journal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/notify"
	"converge/internal/resource"
)

// thingDebt is a debt of a thing.
func thingDebt(target, thing, cause, run string) notify.Debt {
	d := debt(target, "restart", cause, run)
	d.Thing = thing
	return d
}

// owing opens a state in which service.x, with the key unit:x, is owed two restarts, the second under another name; how
// is the end of the run.
func owing(t *testing.T, dir, how string) *State {
	t.Helper()
	s := open(t, dir)
	r := start(t, s, "r1")
	r.SiteID = Site{Name: "web"}
	r.Site = func(a resource.Addr) *resource.Resource {
		return &resource.Resource{Addr: a, Want: cty.ObjectVal(map[string]cty.Value{
			"name": cty.StringVal(a.Name), "key": cty.StringVal("hush"),
		}), Secret: map[string]bool{"key": true}}
	}
	debts := []notify.Debt{thingDebt("service.x", "unit:x", "file.a", "r1"), thingDebt("service.alias", "unit:alias", "file.b", "r1")}
	must(t, r.Begin(context.Background(), []resource.Change{file("a"), file("b")}, debts))
	script(t, r, "done a 5\ndone b 6")
	if how == "finished" {
		script(t, r, "finish")
	}
	s.Close()
	return open(t, dir)
}

// A target is kept with its debt, however the run ended, and as long as the debt lasts.
func TestTargetIsKeptWithTheDebt(t *testing.T) {
	for _, how := range []string{"finished", "killed"} {
		t.Run(how, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			s := owing(t, dir, how)
			for i, want := range []string{`service.x {"key":{"$secret":true},"name":"x"}`, `service.alias {"key":{"$secret":true},"name":"alias"}`} {
				d := s.Owed()[i]
				addr, raw, ok := s.NotifiedTarget(d)
				if got := addr.String() + " " + string(raw); !ok || got != want || d.Site != "web" {
					t.Errorf("%s of site %q is %s, want %s", d.Owner(), d.Site, got, want)
				}
			}
			// A payment under one name leaves the debt under the other; payments under both leave none.
			r := start(t, s, "r2")
			both := []notify.Owner{{Thing: "unit:alias"}, {Thing: "unit:x"}}
			must(t, r.Settled(context.Background(), notify.Settled{Owners: both[:1], Target: addr("service.new"), Verb: "restart"}))
			if got := dumpDebts(s.memory.listDebts()); got != "service.x<file.a@5" {
				t.Errorf("owed is %s", got)
			}
			must(t, r.Settled(context.Background(), notify.Settled{Owners: both, Target: addr("service.new"), Verb: "restart", Dropped: "why"}))
			script(t, r, "finish")
			s.Close()
			s = open(t, dir)
			if len(s.Owed()) != 0 || len(s.memory.targets) != 0 {
				t.Errorf("owed is %v, targets %v", s.Owed(), s.memory.targets)
			}
			run, err := s.Detail("r2")
			if err != nil {
				t.Fatal(err)
			}
			want := []Payment{
				{addr("service.new"), "unit:alias", "restart", false, "", false},
				{addr("service.new"), "unit:alias", "restart", false, "why", false},
				{addr("service.new"), "unit:x", "restart", false, "why", false},
			}
			if d := cmp.Diff(want, run.Paid); d != "" {
				t.Error(d)
			}
		})
	}
}

// A snapshot from before targets had keys, and before it contained their declarations, is read correctly: the run has
// the declaration of the target.
func TestSnapshotOfOlderVersions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := owing(t, dir, "finished")
	s.Close()
	head := owedHeader{Format: format, Run: "r1", Debts: 1}
	data, err := encodeOwed(owedHeader{Run: head.Run}, []notify.Debt{debt("service.x", "restart", "file.a", "r1")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "owed"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	d := s.Owed()[0]
	a, raw, ok := s.NotifiedTarget(d)
	if !ok || d.Owner() != (notify.Owner{Target: addr("service.x")}) || a != addr("service.x") || string(raw) != `{"key":{"$secret":true},"name":"x"}` {
		t.Errorf("%v: %s %s %v", d.Owner(), a, raw, ok)
	}
	if _, _, ok := s.NotifiedTarget(debt("service.y", "restart", "file.a", "r9")); ok {
		t.Error("something is said of what nobody knows")
	}
}

// Entries of the ledger get the present names of their things: of two entries of one thing, the one under that name
// counts, and the sites of both hold it.
func TestRenameOfTheLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	r := begunBy(t, s, "r1", "a")
	for _, key := range []string{"path:/lib/f", "path:/usr/lib/f", "path:/lib/g", "package:x"} {
		c := entry(resource.Create, key, key)
		c.Key = key
		if key == "path:/usr/lib/f" {
			r.SiteID.Name = "b"
		} else {
			r.SiteID.Name = "a"
		}
		make1(t, r, c)
	}
	must(t, r.Hold(context.Background(), []Holding{{Key: "path:/lib/g", Links: EncodeLinks([]string{"path:/lib/f"}, []LedgerNotify{{Target: addr("service.x"), Key: "package:x", Verb: "reload", When: resource.Delayed}})}}))
	script(t, r, "finish")
	s.Close()
	s = open(t, dir)
	s.LedgerOf(Site{}).Rename(fakeNames{key: map[string]string{
		"path:/lib/f": "path:/usr/lib/f", "path:/lib/g": "path:/usr/lib/g", "package:x": "package:x:amd64",
	}})
	got := map[string][]string{}
	for _, e := range s.Orphans(func(string) bool { return false }) {
		for _, h := range e.Holds {
			line := h.Site
			for _, d := range h.Deps {
				line += " " + d
			}
			for _, n := range h.Notifies {
				line += " " + n.Key
			}
			got[e.Key] = append(got[e.Key], line)
		}
	}
	want := map[string][]string{
		"path:/usr/lib/f": {"a", "b"}, "path:/usr/lib/g": {"a path:/usr/lib/f package:x:amd64"}, "package:x:amd64": {"a"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	digest, _ := resource.BytesBlob([]byte("path:/usr/lib/f")).Digest()
	if v, _ := s.memory.ledger.findEntry("path:/usr/lib/f"); v.digest != digest {
		t.Error("what was written under an old name counts")
	}
}

// fakeNames is a map of renamed keys; all others stay.
type fakeNames struct {
	key      map[string]string
	declared string
	link     string
}

func (n fakeNames) Key(key string) string {
	if now, ok := n.key[key]; ok {
		return now
	}
	return key
}

func (n fakeNames) Declares(key string) bool { return n.declared == n.Key(key) }

func (n fakeNames) Strayed(key string) (link, to string) {
	if n.Key(key) == key {
		return "", ""
	}
	return n.link, "/elsewhere"
}

// A path that leads elsewhere since a folder became a link does not name the thing that is now there, unless its site
// declares that; then the ledger keeps that permanently.
func TestRenameOfStrayedPaths(t *testing.T) {
	for _, c := range []struct {
		summary, site, declared string
		undeclared              []string // keys, and their other holders
		others                  []string // paths that other sites hold
		kept                    []string // on disk after a run that holds the declared things
	}{{
		"what the site made there is not what is there now", "g", "", []string{"path:/a/f"}, []string{"path:/b/f"}, []string{"path:/a/f", "path:/b/f"},
	}, {
		"who declares it by that way still holds what is there now", "n", "", []string{"path:/b/f g"}, []string{"path:/b/f"}, []string{"path:/a/f", "path:/b/f"},
	}, {
		"what the site declares has moved with it", "g", "path:/b/f", nil, []string{"path:/b/f"}, []string{"path:/b/f"},
	}, {
		"another's has not", "n", "path:/b/f", nil, []string{"path:/b/f"}, []string{"path:/a/f", "path:/b/f"},
	}} {
		t.Run(strings.ReplaceAll(c.summary, " ", "_"), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			s := open(t, dir)
			r := begunBy(t, s, "r1", "a")
			for key, site := range map[string]string{"path:/a/f": "g", "path:/b/f": "n"} {
				ch := entry(resource.Create, key, key)
				ch.Key, r.SiteID.Name = key, site
				make1(t, r, ch)
			}
			script(t, r, "finish")
			s.Close()
			s = open(t, dir)
			names := fakeNames{map[string]string{"path:/a/f": "path:/b/f"}, c.declared, "/a"}
			r = begunBy(t, s, "r2", c.site)
			s.LedgerOf(Site{Name: c.site}).Rename(names)
			var undeclared, kept []string
			for _, e := range s.LedgerOf(Site{Name: c.site}).ListUndeclared(names.Declares) {
				for _, h := range e.Holds {
					if h.Site != c.site {
						e.Key += " " + h.Site
					}
				}
				undeclared = append(undeclared, e.Key)
			}
			others, _ := s.LedgerOf(Site{Name: c.site}).ListHeldByOthers("path:")
			must(t, r.Hold(context.Background(), []Holding{{Key: c.declared}}))
			script(t, r, "finish")
			s.Close()
			for _, e := range open(t, dir).Orphans(func(string) bool { return false }) {
				kept = append(kept, e.Key)
			}
			for _, d := range []string{cmp.Diff(c.undeclared, undeclared), cmp.Diff(c.others, others), cmp.Diff(c.kept, kept)} {
				if d != "" {
					t.Error(d)
				}
			}
		})
	}
}
