package zypper

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

func TestScratch(t *testing.T) {
	say := func(s string) { t.Log("said: " + s) }
	h, err := tool.NewHost(tool.Options{Progress: say, Notice: say, Waiting: say, LockTimeout: 5 * time.Second}, Family())
	if err != nil {
		t.Fatal(err)
	}
	m := New(h, Options{})
	ctx := t.Context()
	show := func(what string, v any, err error) {
		t.Helper()
		s := fmt.Sprintf("%+v", v)
		var se *packages.ScriptError
		if errors.As(err, &se) {
			s += fmt.Sprintf(" SCRIPTS %v", se.Packages)
		}
		var pe *packages.PackagesError
		if errors.As(err, &pe) {
			s += fmt.Sprintf(" PACKAGES %v", pe.Packages)
		}
		t.Logf("== %s\n%s\nerr=%v", what, s, err)
	}
	why, err := m.Index.WhyStale(ctx, true)
	show("stale", why, err)
	show("refresh private", nil, m.Index.Refresh(ctx, true))
	o, err := m.Index.ListOffers(ctx, []string{"demo", "mail-server", "nope", "epo"})
	show("offers", o, err)
	show("refresh", nil, m.Index.Refresh(ctx, false))
	why, err = m.Index.WhyStale(ctx, true)
	show("stale", why, err)
	start := time.Now()
	list, err := m.Database.ReadInstalled(ctx)
	show("installed", list, err)
	t.Log(time.Since(start))
	W := func(ws ...packages.Word) packages.Request { return packages.Request{Words: ws} }
	sim := func(what string, r packages.Request) {
		t.Helper()
		s, err := m.Solver.Simulate(ctx, r)
		show("simulate "+what, s, err)
	}
	do := func(what string, r packages.Request) {
		t.Helper()
		sim(what, r)
		err := m.Solver.Commit(ctx, r)
		show("commit "+what, nil, err)
	}
	w := func(n string) packages.Word { return packages.Word{Name: n} }
	sim("impossible", W(w("nope"), w("p01"), packages.Word{Name: "p02", Version: "9.9-1"}, w("needs-new")))
	sim("needs-new", W(w("needs-new"), w("p01"), w("demo")))
	do("many", W(packages.Word{Name: "demo", Version: "2.0-1"}, w("user"), w("p01"), w("mta-x"), w("a-very-long-package-name-that-does-not-fit-into-any-column-of-a-table")))
	sim("conflict", W(w("hates-demo")))
	r := W(w("hates-demo"))
	r.AllowRemovals = true
	sim("conflict allowed", r)
	sim("downgrade refused", W(packages.Word{Name: "demo", Version: "1.0-1"}))
	do("downgrade", W(packages.Word{Name: "demo", Version: "1.0-1", Downgrade: true}))
	do("upgrade and remove", W(w("demo"), packages.Word{Name: "p01", Remove: true}, w("p02")))
	sim("remove with dependent", W(packages.Word{Name: "demo", Remove: true}))
	sim("remove unknown", W(packages.Word{Name: "nope", Remove: true}))
	do("failpost", W(w("failpost"), w("p03")))
	do("failpre", W(w("failpre"), w("p04")))
	do("file", W(packages.Word{Name: "p05", File: "/srv/r/noarch/p05-1.0-1.noarch.rpm"}, packages.Word{Name: "p04", Remove: true}))
	no := false
	do("rec", W(packages.Word{Name: "p04"}, packages.Word{Name: "rec", Recommends: &no}))
	show("hold", nil, m.Holds.SetHolds(ctx, map[string]bool{"demo": true, "p02": true}))
	b, _ := os.ReadFile("/etc/zypp/locks")
	t.Log(string(b))
	do("downgrade held", W(packages.Word{Name: "demo", Version: "1.0-1", Downgrade: true}))
	show("hold", nil, m.Holds.SetHolds(ctx, map[string]bool{"demo": true, "p02": false}))
	b, _ = os.ReadFile("/etc/zypp/locks")
	t.Log(string(b))
	show("auto", nil, m.Holds.SetAutomatic(ctx, map[string]bool{"demo": true, "p02": false}))
	start = time.Now()
	list, err = m.Database.ReadInstalled(ctx)
	show("installed", list, err)
	t.Log(time.Since(start))
	start = time.Now()
	m2 := New(h, Options{})
	_, err = m2.Database.ReadInstalled(ctx)
	t.Log(time.Since(start), err)
	c, err := m.Files.ListContents(ctx, packages.Package{Name: "demo", Version: "1.0-1", Arch: "noarch"})
	show("contents", c, err)
	p, err := m.Files.ReadPackageFile(ctx, "/srv/r/noarch/epo-1.0-1.noarch.rpm")
	show("file", p, err)
	do("protected", W(packages.Word{Name: "demo", Reinstall: true}))
}
