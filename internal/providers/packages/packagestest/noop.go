package packagestest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/resource"
	"converge/resources"
)

// loaded is how many packages are installed in the test of a run with nothing to do.
const loaded = 500

// load installs packages and returns their names.
func load(t testing.TB, w *World) []string {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for i := range loaded {
		p := plainPackage(fmt.Sprintf("n%03d", i), "1.0")
		buildInto(t, dir, w.Format, p)
		names = append(names, p.Name)
	}
	w.Load(t, dir)
	return names
}

func checkNoOp(r *run) {
	var rs []*resource.Resource
	if r.Load != nil {
		for _, name := range load(r.T, r.World) {
			rs = append(rs, r.want(name[len(Prefix):]))
		}
	} else {
		for _, n := range numbers() {
			rs = append(rs, r.want("p"+n))
		}
		r.converge(rs...)
		for len(rs) < loaded {
			rs = append(rs, rs[len(rs)%30])
		}
	}
	r.reopen()
	before := r.Transactions(r.T)
	if cs := r.changes(rs...); len(cs) > 0 {
		r.Errorf("%d changes, the first is %v", len(cs), cs[0])
	}
	if n := r.Transactions(r.T) - before; n != 0 {
		r.Errorf("%d transactions", n)
	}
}

// CheckReadsOnce observes an installed package for [loaded] declarations by a new provider,
// as each run does: the installed packages must be read once.
func CheckReadsOnce(t testing.TB, m packages.Manager, name string) {
	t.Helper()
	db := &countingDatabase{Database: m.Database}
	m.Database = db
	p := packages.New(m, packages.Options{})
	r := Want(t, resources.Package(p), "", name)
	for range loaded {
		have, err := p.Observe(t.Context(), r.Want)
		if err != nil {
			t.Fatal(err)
		}
		if c := resource.Diff(r, have); !c.Empty() {
			t.Fatalf("it is not a no-op: %v", c)
		}
	}
	if db.reads != 1 {
		t.Errorf("the installed packages were read %d times for %d declarations", db.reads, loaded)
	}
}

// countingDatabase counts how often the installed packages are read.
type countingDatabase struct {
	packages.Database
	reads int
}

func (d *countingDatabase) ReadInstalled(ctx context.Context) ([]packages.Package, error) {
	d.reads++
	return d.Database.ReadInstalled(ctx)
}

// BenchmarkNoOp measures a run with nothing to do, with as many declared packages as are installed, in units of the
// program's own listing of all packages (x-of-list). It needs a host of its own.
func BenchmarkNoOp(b *testing.B, w *World) {
	names := load(b, w)
	var rs []*resource.Resource
	kind := resources.Package(nil)
	for _, name := range names {
		rs = append(rs, Want(b, kind, "", name))
	}
	var ours, lists time.Duration
	for b.Loop() {
		p := w.New(b, packages.Options{Memory: b.TempDir()}) // as each run does
		start := time.Now()
		for _, r := range rs {
			have, err := p.Observe(b.Context(), r.Want)
			if err != nil {
				b.Fatal(err)
			}
			if c := resource.Diff(r, have); !c.Empty() {
				b.Fatalf("it is not a no-op: %v", c)
			}
		}
		ours += time.Since(start)
		start = time.Now()
		w.List(b)
		lists += time.Since(start)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(lists.Nanoseconds())/float64(b.N), "list-ns/op")
	b.ReportMetric(float64(ours)/float64(lists), "x-of-list")
}

// plainPackage is a package of the suite with one file.
func plainPackage(name, version string) pack.Package {
	return pack.Package{
		Name: Prefix + name, Version: version, Arch: "all", Summary: "a package of the suite",
		Maintainer: "Suite <suite@example.org>", License: "MIT",
		Files: []pack.File{{Path: "/usr/share/" + Prefix + name + "/version", Content: []byte(version + "\n")}},
	}
}
