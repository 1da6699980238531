package packages_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func offers() []packagestest.FakePackage {
	return []packagestest.FakePackage{
		{Name: "a", Version: "2"},
		{Name: "a", Version: "1"},
		{Name: "b", Version: "1", Requires: []string{"lib"}},
		{Name: "lib", Version: "1"},
		{Name: "rival", Version: "1", Conflicts: []string{"a"}},
		{Name: "server", Version: "3", Provides: []packages.Provided{{Name: "web", Version: "1.5"}}},
	}
}

// TestConformance proves everything of the kind that no real manager is needed for.
func TestConformance(t *testing.T) {
	of := map[*packages.Provider]*packagestest.Fake{}
	world := func(testing.TB) *resourcetest.World {
		f := &packagestest.Fake{Offered: offers()}
		p := packages.New(f.Parts(), packages.Options{})
		of[p] = f
		dump := func(t testing.TB) string {
			list, err := f.ReadInstalled(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%+v", list)
		}
		return &resourcetest.World{
			Provider: p, Dir: "/", Dump: dump,
			Fingerprint: func(t testing.TB) string { s, _ := f.Stamp(t.Context()); return s },
		}
	}
	fake := func(w *resourcetest.World) *packagestest.Fake { return of[w.Provider.(*packages.Provider)] }
	is := func(name, version string) func(testing.TB, *resourcetest.World) {
		return func(t testing.TB, w *resourcetest.World) {
			t.Helper()
			if got := fake(w).Installed(name).Version; got != version {
				t.Errorf("%s is %q, want %q", name, got, version)
			}
		}
	}
	put := func(name string, change func(*packages.Package)) func(testing.TB, *resourcetest.World) {
		return func(_ testing.TB, w *resourcetest.World) {
			fake(w).Put(name, change)
			w.Provider.(*packages.Provider).Invalidate(nil)
		}
	}
	a := resourcetest.Attrs
	const always = "it has a default"
	resourcetest.Suite{
		Kind: func(p resource.Provider) *resource.Kind { return resources.Package(p) }, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:    "a database holds nothing of a package besides what the cases manage",
			resourcetest.Aliases: "a package of a manager other than apt has one name",
			resourcetest.Bytes:   "a package is named by a word",
		},
		Cases: []resourcetest.Case{
			{
				Name: "present", Want: a("name", "b"), Check: is("b", "1"),
				Gone: a("name", "b", "ensure", "absent"), Removed: is("b", ""),
				Irreversible: "what came along stays, as with every manager",
				Drifts: []resourcetest.Drift{
					{Name: "removed", Do: func(_ testing.TB, w *resourcetest.World) {
						fake(w).Drop("b")
						w.Provider.(*packages.Provider).Invalidate(nil)
					}},
					{Name: "automatic", Attr: "ensure", Managed: always, Do: put("b", func(p *packages.Package) { p.Automatic = true })},
					{Name: "broken", Attr: "ensure", Irreversible: "an undo breaks nothing", Managed: always, Do: put("b", func(p *packages.Package) { p.Broken = "it was killed" })},
				},
			},
			{
				Name: "older and held", Want: a("name", "a", "version", "< 2", "hold", true, "allow_downgrade", true), Check: is("a", "1"),
				Gone: a("name", "a", "ensure", "absent", "hold", false),
				Drifts: []resourcetest.Drift{
					{Name: "newer", Attr: "version", Do: put("a", func(p *packages.Package) { p.Version = "2" })},
					{Name: "released", Attr: "hold", Do: put("a", func(p *packages.Package) { p.Held = false })},
				},
				Alone: true,
			},
			{
				Name: "latest", Want: a("name", "a", "ensure", "latest"), Check: is("a", "2"),
				Gone:   a("name", "a", "ensure", "purged"),
				Drifts: []resourcetest.Drift{{Name: "older", Attr: "ensure", Managed: always, Do: put("a", func(p *packages.Package) { p.Version = "1" })}},
			},
			{
				Name: "virtual", Want: a("name", "web", "version", ">= 1"), Check: is("server", "3"),
				Gone: a("name", "web", "ensure", "absent"), Removed: is("server", ""),
				Irreversible: "an undo names what was asked for",
			},
		},
	}.Run(t)
}

// site makes changes with a provider over a fake.
type site struct {
	*packages.Provider
	fake *packagestest.Fake
	t    *testing.T
}

func newSite(t *testing.T, o packages.Options) *site {
	f := &packagestest.Fake{Offered: offers()}
	return &site{packages.New(f.Parts(), o), f, t}
}

func (s *site) changes(rs ...*resource.Resource) (cs []resource.Change) {
	s.t.Helper()
	for _, r := range rs {
		have, err := s.Observe(s.t.Context(), r.Want)
		if err != nil {
			s.t.Fatal(err)
		}
		if c := resource.Diff(r, have); !c.Empty() {
			cs = append(cs, c)
		}
	}
	return cs
}

func (s *site) want(name string, more ...any) *resource.Resource {
	return packagestest.Want(s.t, resources.Package(s.Provider), "", name, more...)
}

// apply plans and applies.
func (s *site) apply(rs ...*resource.Resource) (resource.Forecast, resource.Outcome) {
	s.t.Helper()
	cs := s.changes(rs...)
	f, err := s.Solve(s.t.Context(), cs, nil)
	var bad resource.Unsolvable
	if err != nil && !errors.As(err, &bad) {
		s.t.Fatal(err)
	}
	return f, s.ApplyAll(s.t.Context(), cs, f)
}

func TestUnknownPackageStopsNothingElse(t *testing.T) {
	s := newSite(t, packages.Options{})
	_, o := s.apply(s.want("a"), s.want("nope"), s.want("b"))
	if o.Err(0) != nil || o.Err(2) != nil || o.Err(1) == nil || o.Err(1).Error() != "cannot install nope: it is in none of the package sources" {
		t.Error(o.Errs)
	}
	if len(s.fake.Asked) != 1 || len(o.Also) != 1 || o.Also[0].Addr.Name != "lib" {
		t.Error(s.fake.Asked, o.Also)
	}
}

func TestRemovalThatThePlanDidNotShowIsRefused(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.apply(s.want("b"))
	cs := s.changes(s.want("rival"), s.want("server"))
	f, err := s.Solve(t.Context(), cs, nil)
	if err != nil || len(f.Also) != 0 {
		t.Fatal(f.Also, err)
	}
	s.fake.Put("a", func(p *packages.Package) { p.Version = "2" })
	s.Invalidate(nil)
	o := s.ApplyAll(t.Context(), cs, f)
	if o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), "it would remove a, which the plan did not show; plan again") || o.Err(1) != nil {
		t.Error(o.Errs)
	}
	if s.fake.Installed("a").Version != "2" || s.fake.Installed("server").Version != "3" {
		t.Error("a was removed, or its neighbour was not installed")
	}
	f, o = s.apply(s.want("rival"))
	if len(f.Also) != 1 || f.Also[0].Action != resource.Delete || o.Err(0) != nil || s.fake.Installed("a").Name != "" {
		t.Error(f.Also, o.Errs)
	}
}

func TestPackagesWithoutASource(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Offered = []packagestest.FakePackage{
		{Name: "a", Version: "2", From: "acme"}, {Name: "a", Version: "1", From: "acme"}, {Name: "b", Version: "1", From: "acme"},
		{Name: "b", Version: "0", From: "main"}, {Name: "c", Version: "1", From: "acme"},
	}
	s.apply(s.want("a"), s.want("b"))
	for definition, want := range map[string]string{"acme": "[a]", "main": "[]", "gone": "[]"} {
		if got, err := s.OnlyFrom(t.Context(), "x", definition); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v; want %s", definition, got, err, want)
		}
	}
}

// TestNameWithAnArchitecture has the manager cut names: all that a change meets has to
// know them so.
func TestRepairOfAnotherPackageIsExplained(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Put("a", func(p *packages.Package) { p.Version, p.Broken = "2", "it is there twice" })
	f, _ := s.apply(s.want("server"))
	if len(f.Also) != 1 || strings.Join(f.Also[0].Notes, "") != "it is there twice; it will be installed again" {
		t.Errorf("%+v", f.Also)
	}
}

func TestNameWithAnArchitecture(t *testing.T) {
	s := newSite(t, packages.Options{})
	parts := s.fake.Parts()
	parts.CutArch = func(name string) (base, arch string, ok bool) {
		base, arch, ok = strings.Cut(name, ".")
		return base, arch, ok
	}
	s.Provider = packages.New(parts, packages.Options{})
	s.fake.Offered = append(s.fake.Offered, packagestest.FakePackage{Name: "a", Version: "3", Arch: "x86"})
	if _, o := s.apply(s.want("a.x86", "hold", true)); o.Err(0) != nil || s.fake.Installed("a").Arch != "x86" || !s.fake.Installed("a").Held {
		t.Fatal(o.Errs, s.fake.Installed("a"))
	}
	if cs := s.changes(s.want("a.x86", "hold", true), s.want("a"), s.want("a.arm", "ensure", "absent")); len(cs) > 0 {
		t.Error(cs)
	}
	if cs := s.changes(s.want("a.arm")); len(cs) != 1 {
		t.Error("another architecture is there, and counts as this one")
	}
	if _, o := s.apply(s.want("a.x86", "ensure", "absent", "hold", false)); o.Err(0) != nil || s.fake.Installed("a").Name != "" {
		t.Error(o.Errs)
	}
}

func TestPlanByRepositoriesThatAreToCome(t *testing.T) {
	var said []string
	s := newSite(t, packages.Options{
		Notice: func(m string) { said = append(said, m) },
		Planned: func(_ context.Context, beside iter.Seq[resource.Change]) map[string][]byte {
			return map[string][]byte{"/acme.repo": []byte("acme")}
		},
	})
	s.fake.Planned = []packagestest.FakePackage{{Name: "new", Version: "1", Requires: []string{"lib"}}}
	cs := s.changes(s.want("new"))
	none := slices.Values([]resource.Change(nil))
	f, err := s.Solve(t.Context(), cs, none)
	if err != nil || len(f.Changes) != 1 || f.Changes[0].Attrs[len(f.Changes[0].Attrs)-1].Want.AsString() != "1" || len(f.Also) != 1 {
		t.Error(f, err)
	}
	if o := s.ApplyAll(t.Context(), cs, f); o.Err(0) == nil {
		t.Error("it is installed from a repository that is not there")
	}
	s.fake.Unreachable = errors.New("no route")
	if _, err := s.Solve(t.Context(), cs, none); err == nil || fmt.Sprint(said[len(said)-1]) != "a plan cannot go by the repositories that this run sets up: no route; going by those that are there" {
		t.Error(err, said)
	}
}

func TestHeldPackageIsLeftAlone(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Put("a", func(p *packages.Package) { p.Version, p.Held = "1", true })
	for _, r := range []*resource.Resource{s.want("a", "ensure", "latest"), s.want("a", "ensure", "absent"), s.want("rival")} {
		if _, o := s.apply(r); o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), "held") {
			t.Error(o.Errs)
		}
	}
	if _, o := s.apply(s.want("a", "ensure", "latest", "hold", true)); o.Err(0) != nil || !s.fake.Installed("a").Held {
		t.Error(o.Errs)
	}
	if at := s.fake.HeldAt["a"]; at != "2" {
		t.Errorf("it is 2 now, and its hold is of %q", at)
	}
	if _, o := s.apply(s.want("a", "ensure", "absent", "hold", false)); o.Err(0) != nil || s.fake.HeldAt["a"] != "" {
		t.Error("it is gone, and its hold is still there:", o.Errs, s.fake.HeldAt)
	}
}

// TestHoldAtAnotherVersion is what a run leaves that was killed after its transaction.
func TestHoldAtAnotherVersion(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Put("a", func(p *packages.Package) { p.Version, p.Held, p.HeldAtOther = "2", true, true })
	if cs := s.changes(s.want("a", "hold", true)); len(cs) != 1 || !cs[0].Differs("hold") {
		t.Error(cs)
	}
	if cs := s.changes(s.want("a", "hold", false)); len(cs) != 1 || !cs[0].Differs("hold") {
		t.Error(cs)
	}
	if _, o := s.apply(s.want("a", "hold", true)); o.Err(0) != nil || s.fake.HeldAt["a"] != "2" || len(s.changes(s.want("a", "hold", true))) > 0 {
		t.Error(o.Errs, s.fake.HeldAt)
	}
}

func TestDowngradeIsAskedFor(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.apply(s.want("a"))
	_, o := s.apply(s.want("a", "version", "1"))
	if o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), "set allow_downgrade = true") {
		t.Error(o.Errs)
	}
	if _, o := s.apply(s.want("a", "version", "1", "allow_downgrade", true)); o.Err(0) != nil || s.fake.Installed("a").Version != "1" {
		t.Error(o.Errs)
	}
}

func TestOthersGoOnWithoutWhatHasFailed(t *testing.T) {
	s := newSite(t, packages.Options{})
	s.fake.Refuse = []error{&packages.PackagesError{Err: errors.New("file conflict"), Packages: map[string]string{"a": "file /x is of c"}}}
	_, o := s.apply(s.want("a"), s.want("server"))
	if o.Err(0) == nil || o.Err(0).Error() != "cannot change a: file /x is of c" || o.Err(1) != nil {
		t.Error(o.Errs)
	}
}

func TestFailedScriptIsTriedAgain(t *testing.T) {
	s := newSite(t, packages.Options{Memory: t.TempDir()})
	s.fake.Scripts = map[string]string{"a": "no space"}
	_, o := s.apply(s.want("a"), s.want("server"))
	if !errors.Is(o.Err(0), resource.ErrUnfinished) || o.Err(1) != nil {
		t.Error(o.Errs)
	}
	s.Provider = packages.New(s.fake.Parts(), packages.Options{Memory: ""})
	if cs := s.changes(s.want("a")); len(cs) > 0 {
		t.Error("the manager knows of it by itself")
	}
}

func TestFailedScriptIsRemembered(t *testing.T) {
	o := packages.Options{Memory: t.TempDir()}
	s := newSite(t, o)
	s.fake.Scripts = map[string]string{"a": "no space"}
	s.apply(s.want("a"))
	s.Provider = packages.New(s.fake.Parts(), o) // the next run
	cs := s.changes(s.want("a"))
	if len(cs) != 1 {
		t.Fatal(cs)
	}
	f, err := s.Solve(t.Context(), cs, nil)
	if err != nil || len(f.Changes[0].Notes) != 1 || f.Changes[0].Notes[0] != "its script has failed: no space; it will be installed again" {
		t.Error(f.Changes, err)
	}
	s.fake.Scripts = nil
	if out := s.ApplyAll(t.Context(), cs, f); out.Err(0) != nil || len(s.changes(s.want("a"))) > 0 {
		t.Error(out.Errs)
	}
	if w := s.fake.Asked[len(s.fake.Asked)-1].Words; len(w) != 1 || !w[0].Reinstall {
		t.Error(w)
	}
}

// TestMomentOfChange shows from when on a restart of a unit counts: once the last file
// of the transaction is in place. What was not changed has no moment, and neither has a
// package without new files.
func TestMomentOfChange(t *testing.T) {
	dir := t.TempDir()
	old, lib := filepath.Join(dir, "old"), filepath.Join(dir, "lib")
	write := func(path string) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(old)
	s := newSite(t, packages.Options{})
	s.fake.Paths = map[string][]string{"a": {old, "/not/there"}, "b": {old, dir}, "lib": {lib}}
	time.Sleep(20 * time.Millisecond) // the clock of files ticks
	if _, o := s.apply(s.want("a")); !o.TookEffectAt(0).IsZero() {
		t.Errorf("what was there before is new at %v", o.At)
	}
	s.fake.Installs = func(string) { write(lib) }
	_, o := s.apply(s.want("a", "hold", true), s.want("b"))
	info, err := os.Stat(lib)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := info.Sys().(*syscall.Stat_t)
	from, to := time.Unix(st.Ctim.Unix()), time.Unix(st.Ctim.Unix()).Add(10*time.Millisecond)
	if at := o.TookEffectAt(1); o.Err(0) != nil || o.Err(1) != nil || !o.TookEffectAt(0).IsZero() || at.Before(from) || at.After(to) {
		t.Errorf("moments are %v, want none and one from %v to %v; %v", o.At, from, to, o.Errs)
	}
}
