package packagestest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/resource"
	"converge/resources"
)

// Run runs every case that the manager's [Proof] does not exclude.
func Run(t *testing.T, w *World) {
	proof, ok := proofOf(w.Manager)
	if !ok {
		t.Fatalf("Proofs does not know %s", w.Manager)
	}
	s := &suite{World: w, all: t.TempDir(), memory: t.TempDir()}
	buildInto(t, s.all, s.Format, fixtures()...)
	w.Publish(t, s.all)
	for _, c := range s.cases() {
		if how := proof.of(c.name); how != Real && !(w.StandIn && how == Captured) {
			continue
		}
		t.Run(strings.ReplaceAll(string(c.name), " ", "-"), func(t *testing.T) {
			w.Clean(t)
			clearMarks(t)
			r := s.newRun(t)
			c.check(r)
		})
	}
	t.Run("conformance", s.conform)
	w.Clean(t)
	for _, c := range Cases() {
		if proof.of(c) == Real && !slices.ContainsFunc(s.cases(), func(x testCase) bool { return x.name == c }) {
			t.Errorf("the page claims %q, and no case is about it", c)
		}
	}
}

type testCase struct {
	name  Case
	check func(*run)
}

// suite is a world with its packages.
type suite struct {
	*World
	all    string // the folder of package files
	memory string
}

// buildInto builds packages as files of a folder.
func buildInto(t testing.TB, dir, format string, ps ...pack.Package) {
	t.Helper()
	for _, p := range ps {
		name := filepath.Join(dir, fileName(format, p))
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(pack.Build(t.Context(), p, format, f), f.Close()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// fileName is that under which the tools that make repositories expect a package.
func fileName(format string, p pack.Package) string {
	switch format {
	case pack.Deb:
		return fmt.Sprintf("%s_%s-1_all.deb", p.Name, p.Version)
	case pack.RPM:
		return fmt.Sprintf("%s-%s-1.noarch.rpm", p.Name, p.Version)
	case pack.Arch:
		return fmt.Sprintf("%s-%s-1-any.pkg.tar.zst", p.Name, p.Version)
	}
	return fmt.Sprintf("%s-%s-r1.apk", p.Name, p.Version)
}

// marks are files that control the scripts of packages.
func marks() []string {
	return []string{"/run/" + Prefix + "mended", "/run/" + Prefix + "fast", "/run/" + Prefix + "slow"}
}

func clearMarks(t testing.TB) {
	for _, m := range marks() {
		if err := os.Remove(m); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// run is one run of converge after another on the host.
type run struct {
	*suite
	*testing.T
	p    Provider
	kind *resource.Kind

	planned map[string][]byte // see checkPlanned

	mu   sync.Mutex
	said []string
}

func (s *suite) newRun(t *testing.T) *run {
	r := &run{suite: s, T: t}
	r.reopen()
	return r
}

// reopen opens what the next run of converge would see.
func (r *run) reopen() {
	say := func(m string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.said = append(r.said, m)
	}
	r.p = r.New(r.T, packages.Options{Memory: r.memory, Progress: say, Notice: say, Planned: r.plannedFiles})
	r.kind = resources.Package(r.p)
	if r.Named {
		r.kind = resources.Package(nil, resources.NamedProvider{Name: r.Manager, Provider: r.p})
	}
}

func (r *run) heard() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.said, "\n")
}

// want is a declared package of the suite.
func (r *run) want(name string, more ...any) *resource.Resource {
	r.Helper()
	provider := ""
	if r.Named {
		provider = r.Manager
	}
	return Want(r.T, r.kind, provider, Prefix+name, more...)
}

func (r *run) changes(rs ...*resource.Resource) (cs []resource.Change) {
	r.Helper()
	for _, x := range rs {
		have, err := r.p.Observe(r.Context(), x.Want)
		if err != nil {
			r.Fatalf("%s: %v", x.Addr, err)
		}
		if c := resource.Diff(x, have); !c.Empty() {
			cs = append(cs, c)
		}
	}
	return cs
}

// plan returns the changes, and the solver's errors about them: errors by name.
func (r *run) plan(rs ...*resource.Resource) ([]resource.Change, resource.Forecast, map[string]error) {
	r.Helper()
	cs := r.changes(rs...)
	f, err := r.p.Solve(r.Context(), cs, slices.Values([]resource.Change(nil)))
	bad := map[string]error{}
	var each resource.Unsolvable
	switch {
	case errors.As(err, &each):
		for a, e := range each {
			bad[strings.TrimPrefix(a.Name, Prefix)] = e
		}
	case err != nil:
		r.Fatalf("plan: %v", err)
	}
	return cs, f, bad
}

// converge plans and applies, and the plan after must be empty.
func (r *run) converge(rs ...*resource.Resource) (resource.Forecast, resource.Outcome) {
	r.Helper()
	cs, f, bad := r.plan(rs...)
	if len(bad) > 0 {
		r.Fatalf("plan: %v", bad)
	}
	o := r.p.ApplyAll(r.Context(), cs, f)
	if err := errors.Join(o.Errs...); err != nil {
		r.Fatalf("apply: %v", err)
	}
	if left := r.changes(rs...); len(left) > 0 {
		r.Fatalf("not converged: %v", left[0].Attrs)
	}
	return f, o
}

// is checks the installed version as the manager reports it; "": it is not installed.
func (r *run) is(name, version string) {
	r.Helper()
	want := version
	if version != "" {
		want = r.Full(version)
	}
	if got := r.Installed(r.T, Prefix+name); got != want {
		r.Errorf("%s is %q, want %q", name, got, want)
	}
}

// also lists the side effects of a plan or an outcome: "create lib".
func also(cs []resource.Change) string {
	var out []string
	for _, c := range cs {
		out = append(out, string(c.Action)+" "+strings.TrimPrefix(c.Addr.Name, Prefix))
	}
	return strings.Join(out, ", ")
}

// versionOf is the version that a plan shows for a change.
func versionOf(c resource.Change) string {
	for _, a := range c.Attrs {
		if a.Name == "version" && a.Want != cty.NilVal && !a.Want.IsNull() {
			return a.Want.AsString()
		}
	}
	return ""
}

func shell(t testing.TB, script string) string {
	t.Helper()
	out, err := exec.Command("/bin/sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}
