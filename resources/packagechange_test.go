package resources

import (
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func showChange(c resource.Change) string {
	return fmt.Sprint(c.Action, " ", c.Key, ": ", resource.GoValue(c.Have), " to ", resource.GoValue(c.Want), " ", showAttrs(c))
}

func showAttrs(c resource.Change) (out []string) {
	for _, a := range c.Attrs {
		out = append(out, fmt.Sprint(a.Name, " ", resource.GoValue(a.Have), " > ", resource.GoValue(a.Want)))
	}
	return out
}

func TestUndeclaredPackage(t *testing.T) {
	for _, c := range []struct {
		o       PackageOperation
		manager string
		want    string
	}{
		{PackageOperation{Name: "a", New: "1"}, "", "create package:a: <nil> to map[ensure:present name:a version:1] [version <nil> > 1]"},
		{PackageOperation{Name: "a", Old: "1", New: "2"}, "", "update package:a: map[ensure:present name:a version:1] to map[ensure:present name:a version:2] [version 1 > 2]"},
		{PackageOperation{Name: "a", Old: "1"}, "", "delete package:a: map[ensure:present name:a version:1] to map[ensure:absent name:a] [version 1 > <nil>]"},
		{PackageOperation{Name: "a", Old: "1", Purge: true}, "", "delete package:a: map[ensure:present name:a version:1] to map[ensure:purged name:a] [version 1 > <nil>]"},
		{PackageOperation{Name: "a", New: "1"}, "dnf", "create dnf:a: <nil> to map[ensure:present name:a provider:dnf version:1] [version <nil> > 1 provider <nil> > dnf]"},
		{PackageOperation{Name: "a", Old: "1"}, "dnf", "delete dnf:a: map[ensure:present name:a provider:dnf version:1] to map[ensure:absent name:a provider:dnf] [version 1 > <nil> provider dnf > dnf]"},
	} {
		got := UndeclaredPackage(c.o, c.manager)
		if showChange(got) != c.want || !got.Undeclared || got.Addr != (resource.Addr{Kind: "package", Name: "a"}) {
			t.Errorf("%s\nwant %s", showChange(got), c.want)
		}
		if PlannedPackageVersion(got) != c.o.New {
			t.Errorf("%+v: version %q", c.o, PlannedPackageVersion(got))
		}
		for manager, named := range map[string]bool{"dnf": true, "apt": false} {
			if is := IsOfManager(got, manager, named); is != (c.manager == manager || c.manager == "" && !named) {
				t.Errorf("%+v of %q is of %s: %v", c.o, c.manager, manager, is)
			}
		}
	}
}

func TestPackageVersionOfAChange(t *testing.T) {
	attr := func(name, want string) resource.AttrChange {
		return resource.AttrChange{Name: name, Want: cty.StringVal(want)}
	}
	for _, c := range []struct {
		attrs         []resource.AttrChange
		before, after string
		want          string
	}{
		{[]resource.AttrChange{attr("name", "a"), attr("ensure", "present"), attr("hold", "x")}, "", "2", "[name <nil> > a ensure <nil> > present version <nil> > 2 hold <nil> > x]"},
		{[]resource.AttrChange{attr("version", ">= 1")}, "1", "2", "[version 1 > 2]"},
		{[]resource.AttrChange{attr("ensure", "present")}, "2", "2", "[ensure <nil> > present]"},
		{nil, "2", "", "[version 2 > <nil>]"},
	} {
		if got := fmt.Sprint(showAttrs(WithPackageVersion(resource.Change{Attrs: c.attrs}, c.before, c.after))); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
