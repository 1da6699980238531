package journal

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// Other sites and rollbacks find the things that a site protects, made by converge or found; for the things that a site
// declares, its own manifest decides.
func TestProtectedThings(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir)
	held := func(key string) Holding {
		return Holding{Key: key, Addr: addr("file.x"), Links: EncodeLinks(nil, nil).Protected("file.x (site.hcl:3)")}
	}
	all := func(string) bool { return true }
	none := func(string) bool { return false }
	check := func(summary string, site Site, declared func(string) bool, want map[string]string) {
		t.Helper()
		if d := cmp.Diff(want, s.LedgerOf(site).ListProtected(declared)); d != "" {
			t.Errorf("%s (-want +got):\n%s", summary, d)
		}
	}
	r := begunBy(t, s, "r1", "a")
	make1(t, r, entry(resource.Create, "x", "1"))
	must(t, r.Hold(ctx, []Holding{held("path:/etc/x"), held("path:/etc/found")}))
	script(t, r, "finish")
	both := map[string]string{"path:/etc/x": "file.x (site.hcl:3)", "path:/etc/found": "file.x (site.hcl:3)"}
	for range 2 {
		check("another site", Site{Name: "b"}, all, both)
		check("a rollback", Site{}, all, both)
		check("the site, which declares both", Site{Name: "a"}, all, map[string]string{})
		check("the site, by its new name", Site{Name: "c", Former: []string{"a"}}, all, map[string]string{})
		check("the site, which declares none any more", Site{Name: "a"}, none, both)
		if got := heldBy(s, "a"); got != "path:/etc/x by a" {
			t.Errorf("orphans: %s", got)
		}
		must(t, s.Close())
		s = open(t, dir)
	}
	r = begunBy(t, s, "r2", "b")
	must(t, r.Hold(ctx, []Holding{held("path:/etc/found")}))
	script(t, r, "finish")
	r = begunBy(t, s, "r3", "a")
	must(t, r.Hold(ctx, []Holding{{Key: "path:/etc/x"}}))
	script(t, r, "finish")
	check("protected by another one only", Site{}, none, map[string]string{"path:/etc/found": "file.x (site.hcl:3)"})
	r = begunBy(t, s, "r4", "b")
	must(t, r.Hold(ctx, nil))
	script(t, r, "finish")
	check("by nobody", Site{}, none, map[string]string{})
	if _, known := s.memory.ledger.findEntry("path:/etc/found"); known {
		t.Error("what was only protected is still kept")
	}
}

// A protected thing that converge then changes is no longer only protected: the ledger keeps its original, even after
// it is no longer protected.
func TestProtectedThingThatIsChanged(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir())
	c := swappiness("60", "60", "10", "10")
	held := Holding{Key: c.Key, Addr: c.Addr, Links: EncodeLinks(nil, nil).Protected("sysctl.vm.swappiness (site.hcl:3)")}
	r := begunBy(t, s, "r1", "a")
	must(t, r.Hold(ctx, []Holding{held}))
	script(t, r, "finish")
	r = begunBy(t, s, "r2", "a")
	must(t, r.Begin(ctx, oneChange(c), nil))
	must(t, r.Done(ctx, c, at(1), nil))
	script(t, r, "finish")
	original := func(when string) {
		t.Helper()
		v, known := s.memory.ledger.findEntry(c.Key)
		if !known || v.original == "" {
			t.Errorf("%s: the ledger has %+v", when, v)
		}
	}
	original("changed after it was protected")
	r = begunBy(t, s, "r3", "b")
	must(t, r.Hold(ctx, []Holding{held}))
	must(t, r.Hold(ctx, nil))
	script(t, r, "finish")
	r = begunBy(t, s, "r4", "a")
	must(t, r.Hold(ctx, []Holding{held}))
	must(t, r.Hold(ctx, nil))
	script(t, r, "finish")
	original("protected no more")
}

// Other sites find the files that contain a thing, which are protected with it.
func TestFilesOfThings(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := begunBy(t, s, "r1", "a")
	for _, key := range []string{"sysctl:x", "part:/etc/f#x", "path:/etc/g"} {
		ch := entry(resource.Create, key, key)
		ch.Key = key
		make1(t, r, ch)
	}
	links := EncodeLinks([]string{"path:/etc"}, nil).In(Files{Within: []string{"/etc/a b"}, Writes: []string{"/home/x/"}}).Protected("p")
	must(t, r.Hold(context.Background(), []Holding{{Key: "sysctl:x", Links: links}, {Key: "part:/etc/f#x", Links: EncodeLinks(nil, nil).Protected("q")}, {Key: "path:/etc/g"}}))
	script(t, r, "finish")
	must(t, s.Close())
	s = open(t, dir)
	keys, files := s.LedgerOf(Site{Name: "b"}).ListHeldByOthers("")
	own, ownFiles := s.LedgerOf(Site{Name: "b", Former: []string{"a"}}).ListHeldByOthers("")
	for _, d := range []string{
		cmp.Diff([]string{"part:/etc/f#x", "path:/etc/g", "sysctl:x"}, keys), cmp.Diff([]string{"/etc/a b", "/etc/f", "/home/x/"}, files),
		cmp.Diff(0, len(own)+len(ownFiles)),
		cmp.Diff(map[string]string{
			"sysctl:x": "p", "within:/etc/a b": "p", "writes:/home/x/": "p", "part:/etc/f#x": "q", "within:/etc/f": "q",
		}, s.LedgerOf(Site{Name: "b"}).ListProtected(func(string) bool { return true })),
		cmp.Diff([]string{"path:/etc"}, s.LedgerOf(Site{Name: "a"}).ListUndeclared(func(key string) bool { return key != "sysctl:x" })[0].Holds[0].Deps),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}

// Other sites find a site's declaration of a protected thing, even if converge never changed it, and also that of the
// things that it guards.
func TestKeptOfProtectedThings(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	kept := Kept{Kind: "timer", Want: json.RawMessage(`{"env":{"a":"b\tc d\\"},"running":true}`), Guards: []string{"service:t.timer"}}
	r := begunBy(t, s, "r1", "a")
	links := EncodeLinks([]string{"path:/etc"}, nil).In(Files{Writes: []string{"/x"}}).Keeping(kept).Protected("p")
	must(t, r.Hold(context.Background(), []Holding{{Key: "path:/t", Addr: addr("file.x"), Links: links}}))
	script(t, r, "finish")
	must(t, s.Close())
	s = open(t, dir)
	none := func(string) bool { return false }
	_, files := s.LedgerOf(Site{Name: "b"}).ListHeldByOthers("")
	for _, d := range []string{
		cmp.Diff(map[string]Kept{"path:/t": kept, "service:t.timer": kept}, s.LedgerOf(Site{Name: "b"}).ListKept(none)),
		cmp.Diff(map[string]string{"path:/t": "p", "service:t.timer": "p", "writes:/x": "p"}, s.LedgerOf(Site{Name: "b"}).ListProtected(none)),
		cmp.Diff([]string{"/x"}, files),
		cmp.Diff(0, len(s.LedgerOf(Site{Name: "a"}).ListKept(func(string) bool { return true }))),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}
