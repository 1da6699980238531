package packages_test

import (
	"strings"
	"testing"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/resource"
	"converge/resources"
)

// Two managers of a host may have packages of one name: what one of them does beside
// the plan is its own, and what the plan shows of the other allows it nothing.
func TestSideEffectsAreOfTheirManager(t *testing.T) {
	f := &packagestest.Fake{Offered: offers()}
	m := f.Parts()
	m.Name = "dnf"
	s := &site{packages.New(m, packages.Options{Named: true}), f, t}
	k := resources.Package(nil, resources.NamedProvider{Name: "dnf", Provider: s.Provider})
	want := func(name string) *resource.Resource { return packagestest.Want(t, k, "dnf", name) }

	planned, done := s.apply(want("b"))
	for _, also := range [][]resource.Change{planned.Also, done.Also} {
		if len(also) != 1 || also[0].Key != "dnf:lib" || resource.AttrsOf(also[0].Want)["provider"].AsString() != "dnf" {
			t.Errorf("%+v", also)
		}
	}
	back, err := k.Undo(resource.Past{Name: "lib", Before: done.Also[0].Have, After: done.Also[0].Want, Also: true})
	if err != nil || len(back) != 1 || back[0].Want["provider"].AsString() != "dnf" || back[0].Want["ensure"].AsString() != "absent" {
		t.Error("undone by:", back, err)
	}

	s.apply(want("a"))
	cs := s.changes(want("rival"))
	own := &packagestest.Fake{Offered: offers()}
	ofOwn := newSite(t, packages.Options{})
	ofOwn.fake, ofOwn.Provider = own, packages.New(own.Parts(), packages.Options{})
	ofOwn.apply(ofOwn.want("a"))
	shown, err := ofOwn.Solve(t.Context(), ofOwn.changes(ofOwn.want("rival")), nil)
	if err != nil || len(shown.Also) != 1 || shown.Also[0].Key != "package:a" {
		t.Fatal(shown.Also, err)
	}
	shown.Changes = append(shown.Changes, cs...)
	if o := s.ApplyAll(t.Context(), cs, shown); o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), "it would remove a, which the plan did not show") {
		t.Error(o.Errs)
	}
}
