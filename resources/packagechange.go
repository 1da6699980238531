package resources

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// PackageOperation is the operation of a package manager on one package. Old "": it is installed; New "": it is
// removed; both the same: it is installed once more.
type PackageOperation struct {
	Name, Old, New string
	Purge          bool // a removal also removes its configuration files
}

// UndeclaredPackage is the change of a package that no resource declares. manager is "" for the machine's own. The key
// of another manager's package names that manager, which is the provider that undoes the change: two managers of a
// host may have packages of the same name.
func UndeclaredPackage(o PackageOperation, manager string) resource.Change {
	c := resource.Change{
		Addr: resource.Addr{Kind: "package", Name: o.Name}, Action: resource.Update,
		Have: resource.Absent, Want: resource.Absent, Key: "package:" + o.Name, Undeclared: true,
		Attrs: []resource.AttrChange{{Name: "version", Have: versionValue(o.Old), Want: versionValue(o.New)}},
	}
	if o.Old != "" {
		c.Have = packageValue(o.Name, "present", o.Old)
	} else {
		c.Action = resource.Create
	}
	switch {
	case o.New != "":
		c.Want = packageValue(o.Name, "present", o.New)
	case o.Purge:
		c.Action, c.Want = resource.Delete, packageValue(o.Name, "purged", "")
	default:
		c.Action, c.Want = resource.Delete, packageValue(o.Name, "absent", "")
	}
	if manager != "" {
		c = qualifyPackage(c, manager)
	}
	return c
}

// PackagesMade returns, in the order of cs, the changes that were made with another version than forecast, because the
// repositories have changed since. version returns the installed version of the i-th; "": not known.
func PackagesMade(forecast resource.Forecast, cs []resource.Change, version func(i int) string) []resource.Change {
	planned := make(map[resource.Addr]resource.Change, len(forecast.Changes))
	for _, c := range forecast.Changes {
		planned[c.Addr] = c
	}
	made := make([]resource.Change, len(cs))
	for i, c := range cs {
		if p, ok := planned[c.Addr]; ok {
			made[i] = packageMade(p, version(i))
		}
	}
	return made
}

func packageMade(forecast resource.Change, version string) resource.Change {
	i := slices.IndexFunc(forecast.Attrs, func(a resource.AttrChange) bool { return a.Name == "version" })
	if i < 0 || version == "" {
		return resource.Change{}
	}
	planned := forecast.Attrs[i].Want
	if planned == cty.NilVal || planned.IsNull() || planned.AsString() == version {
		return resource.Change{}
	}
	made := forecast
	made.Attrs = slices.Clone(forecast.Attrs)
	made.Attrs[i].Want = cty.StringVal(version)
	made.Notes = append(slices.Clip(forecast.Notes), "the plan showed version "+planned.AsString()+"; the repositories offer another one by now")
	return made
}

func packageValue(name, ensure, version string) cty.Value {
	v := map[string]cty.Value{"name": cty.StringVal(name), "ensure": cty.StringVal(ensure)}
	if version != "" {
		v["version"] = cty.StringVal(version)
	}
	return cty.ObjectVal(v)
}

// qualifyPackage adds to a change the manager that its packages name.
func qualifyPackage(c resource.Change, manager string) resource.Change {
	name := cty.StringVal(manager)
	a := resource.AttrChange{Name: "provider"}
	if !c.Have.IsNull() {
		c.Have, a.Have = resource.With(c.Have, "provider", name), name
	}
	if !c.Want.IsNull() {
		c.Want, a.Want = resource.With(c.Want, "provider", name), name
	}
	c.Key, c.Attrs = manager+":"+c.Addr.Name, append(c.Attrs, a)
	return c
}

// IsOfManager reports whether a change of a package belongs to a manager. named reports whether packages of it name
// it: packages without a name belong to the machine's own.
func IsOfManager(c resource.Change, manager string, named bool) bool {
	if c.Addr.Kind != "package" {
		return false
	}
	v := c.Want
	if v.IsNull() {
		v = c.Have
	}
	p := resource.Must[PackageWant](v).Provider.Value
	return p == manager || p == "" && !named
}

// WithPackageVersion sets the exact version, before and after, in the change of a package.
func WithPackageVersion(c resource.Change, before, after string) resource.Change {
	if before == after {
		return c // reinstalled, or configured
	}
	v := resource.AttrChange{Name: "version", Have: versionValue(before), Want: versionValue(after)}
	c.Attrs = slices.Clone(c.Attrs)
	for i := range c.Attrs {
		if c.Attrs[i].Name == "version" {
			c.Attrs[i] = v
			return c
		}
	}
	at := 0 // the kind's order: name, ensure, version, …
	for at < len(c.Attrs) && (c.Attrs[at].Name == "name" || c.Attrs[at].Name == "ensure") {
		at++
	}
	c.Attrs = slices.Insert(c.Attrs, at, v)
	return c
}

// IsPackageUnmade reports whether a package whose change was an update to its latest version still has the version
// before; now is the installed one.
func IsPackageUnmade(c resource.Change, now string) bool {
	if c.Have.IsNull() || c.Want.IsNull() || !c.Differs("ensure") {
		return false
	}
	have, want := resource.Must[PackageWant](c.Have), resource.Must[PackageWant](c.Want)
	return want.Ensure.Value == "latest" && have.Ensure.Value == "present" && now != "" && now == have.Installed
}

// PlannedPackageVersion is the version that a change of a package shows; "" if it shows none.
func PlannedPackageVersion(c resource.Change) string {
	for _, a := range c.Attrs {
		if a.Name == "version" && a.Want != cty.NilVal && !a.Want.IsNull() {
			return a.Want.AsString()
		}
	}
	return ""
}

func versionValue(v string) cty.Value {
	if v == "" {
		return cty.NilVal
	}
	return cty.StringVal(v)
}
