package packages_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/resource"
)

// twoArchs is a manager that has packages of several architectures, and does what it is
// told beside what it is asked.
type twoArchs struct {
	*packagestest.Fake
	list   []packages.Package
	beside []packages.Operation
	writes int
}

func (m *twoArchs) Stamp(context.Context) (string, error) { return strconv.Itoa(m.writes), nil }

func (m *twoArchs) ReadInstalled(context.Context) ([]packages.Package, error) {
	return slices.Clone(m.list), nil
}

func (m *twoArchs) Simulate(_ context.Context, r packages.Request) (packages.Solution, error) {
	s := packages.Solution{Operations: m.beside}
	for _, w := range r.Words {
		s.Operations = append(slices.Clone(s.Operations), packages.Operation{Name: w.Name, Arch: "x86", New: "1"})
	}
	return s, nil
}

func (m *twoArchs) Commit(ctx context.Context, r packages.Request) error {
	s, err := m.Simulate(ctx, r)
	for _, o := range s.Operations {
		m.list = slices.DeleteFunc(m.list, func(p packages.Package) bool { return p.Name == o.Name && p.Arch == o.Arch })
		if o.New != "" {
			m.list = append(m.list, packages.Package{Name: o.Name, Version: o.New, Arch: o.Arch})
		}
	}
	m.writes++
	return err
}

// newTwoArchs has lib for two architectures, tool for one.
func newTwoArchs(t *testing.T) (*twoArchs, *site) {
	m := &twoArchs{Fake: &packagestest.Fake{Offered: offers()}, list: []packages.Package{
		{Name: "lib", Version: "1", Arch: "x86"}, {Name: "lib", Version: "1", Arch: "arm"}, {Name: "tool", Version: "1", Arch: "arm"},
	}}
	parts := m.Parts()
	parts.Database, parts.Solver = m, m
	parts.CutArch = func(name string) (base, arch string, ok bool) {
		base, arch, ok = strings.Cut(name, ".")
		return base, arch, ok
	}
	return m, &site{packages.New(parts, packages.Options{}), m.Fake, t}
}

// A plan that shows that a package of one architecture goes allows no other one to go.
func TestPlanShowsWhichArchitectureGoes(t *testing.T) {
	m, s := newTwoArchs(t)
	remove := func(name, arch string) packages.Operation {
		return packages.Operation{Name: name, Arch: arch, Old: "1"}
	}
	m.beside = []packages.Operation{remove("lib", "arm"), remove("tool", "arm")}
	cs := s.changes(s.want("server"))
	f, err := s.Solve(t.Context(), cs, nil)
	names := func(cs []resource.Change) string {
		var all []string
		for _, c := range cs {
			all = append(all, string(c.Action)+" "+c.Addr.Name)
		}
		return strings.Join(all, ", ")
	}
	const want = "delete lib.arm, delete tool"
	if err != nil || names(f.Also) != want {
		t.Fatal(names(f.Also), err)
	}
	m.beside[0].Arch = "x86"
	const refused = "it would remove lib.x86, which the plan did not show"
	if o := s.ApplyAll(t.Context(), cs, f); o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), refused) {
		t.Error(o.Errs)
	}
	m.beside[0].Arch = "arm"
	o := s.ApplyAll(t.Context(), cs, f)
	if o.Err(0) != nil || names(o.Also) != want {
		t.Error(o.Errs, names(o.Also))
	}
}

// What is declared with its architecture, no other change removes.
func TestDeclaredArchitectureStays(t *testing.T) {
	m, s := newTwoArchs(t)
	s.Declare([]*resource.Resource{s.want("lib.arm")})
	m.beside = []packages.Operation{{Name: "lib", Arch: "arm", Old: "1"}}
	f, err := s.Solve(t.Context(), s.changes(s.want("server")), nil)
	if err == nil || !strings.Contains(err.Error(), "would remove lib") {
		t.Error(f.Also, err)
	}
}

// A package that changes its architecture is one package.
func TestPackageThatChangesItsArchitecture(t *testing.T) {
	m, s := newTwoArchs(t)
	m.beside = []packages.Operation{{Name: "tool", Arch: "x86", Old: "1", New: "2"}}
	f, err := s.Solve(t.Context(), s.changes(s.want("server")), nil)
	if err != nil || len(f.Also) != 1 || f.Also[0].Addr.Name != "tool" || f.Also[0].Action != resource.Update {
		t.Error(f.Also, err)
	}
}
