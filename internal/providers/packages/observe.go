package packages

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/version"
	"converge/resources"
)

// Observe implements [resource.Provider]. If a package is entirely as wanted, it returns the wanted value itself.
// Otherwise it returns the attributes of the kind and "installed", the full version: "version" is the wanted
// constraint if that is satisfied.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	w, err := resource.Decode[resources.PackageWant](want)
	if err != nil {
		return cty.NilVal, err
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return cty.NilVal, err
	}
	f := db.findNamed(w.Name)
	switch {
	case !f.there:
		return resource.Absent, nil
	case w.IsAbsent():
		return resource.Encode(describePackage(&w, f.have)), nil
	}
	have, asWanted, err := p.describeWanted(ctx, &w, f)
	switch {
	case err != nil && have.Name == "":
		return cty.NilVal, err
	case err != nil:
		return resource.Encode(have), err
	case asWanted:
		return want, nil
	}
	return resource.Encode(have), nil
}

// describePackage is a package in its own words.
func describePackage(want *resources.PackageWant, have Package) resources.PackageWant {
	ensure := "present"
	if have.Broken != "" {
		ensure = "broken"
	}
	// A hold at another version does not satisfy a wanted one.
	held := have.Held && !(want.Hold.Value && have.HeldAtOther)
	return resources.PackageWant{
		Name: want.Name, Provider: want.Provider, Ensure: resource.Some(ensure),
		Version: resource.Some(have.Version), Installed: have.Version, Hold: resource.Some(held),
	}
}

// describeWanted describes a wanted package, in the wanted words if it satisfies them, and reports whether it is
// entirely so.
func (p *Provider) describeWanted(ctx context.Context, want *resources.PackageWant, f found) (out resources.PackageWant, asWanted bool, err error) {
	have := f.have
	set, err := parseVersionSet(want.Version.Value)
	if err != nil {
		return out, false, err
	}
	source := want.Source.Value.Bytes()
	inState, inVersion, fromSource := have.Broken == "", p.allows(set, f.version), true
	inHold := !want.Hold.Set || have.isHeldAs(want.Hold.Value)
	if source != "" {
		file, err := p.readFile(ctx, source)
		if err != nil {
			return out, false, err
		}
		fromSource = p.Compare(file.Version, have.Version) == 0
	}
	if want.Ensure.Value == "latest" && inState {
		if inState, err = p.isNewest(ctx, have, want.AllowDowngrade.Value); err != nil {
			return describePackage(want, have), false, err // what is installed is known
		}
	}
	mark := wrongMark(want.Mark.Value, have)
	is := resources.PackageFound{State: inState, Version: inVersion, Hold: inHold, Source: fromSource, Mark: mark}
	if is.All() {
		return out, true, nil
	}
	return resources.DescribeFound(*want, describePackage(want, have), is), false, nil
}

// wrongMark is [resources.PackageMark] of a package that is whole; of another it does not count.
func wrongMark(mark string, have Package) string {
	if mark == "keep" || have.Broken != "" {
		return ""
	}
	return resources.PackageMark(mark, have.Automatic)
}

// parseVersionSet reads what a package's version attribute allows; an empty set
// allows everything.
func parseVersionSet(s string) (version.Set, error) {
	if s == "" {
		return nil, nil
	}
	set, err := resources.ParseVersions(s)
	if err != nil {
		return nil, fmt.Errorf("version %q %w", s, err)
	}
	return set, nil
}

// allows reports whether a version meets every condition, in the family's order.
func (s *sources) allows(set version.Set, v string) bool { return set.AllowsPlaceBy(s.Compare, v) }

// readFile reads a package file of a manifest.
func (s *sources) readFile(ctx context.Context, path string) (Package, error) {
	p, err := s.Files.ReadPackageFile(ctx, path)
	if err != nil {
		return p, fmt.Errorf("cannot read package file %q: %w", path, err)
	}
	return p, nil
}
