package apt

import (
	"context"

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
	db, err := p.currentDatabase()
	if err != nil {
		return cty.NilVal, err
	}
	f, err := p.findPackage(ctx, db, w.Name)
	if err != nil {
		return cty.NilVal, err
	}
	purge := w.Ensure.Value == "purged"
	switch {
	case purge && (f.have.state == "" || f.have.state == "not-installed"):
		return resource.Absent, nil
	case !purge && f.have.isGone():
		return resource.Absent, nil
	case w.IsAbsent():
		return resource.Encode(describePackage(w, f.have)), nil
	}
	have, asWanted, err := p.describeWanted(ctx, w, f)
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
func describePackage(want resources.PackageWant, have pkg) resources.PackageWant {
	return resources.PackageWant{
		Name: want.Name, Ensure: resource.Some(ensureWord(have)),
		Version: resource.Some(have.version), Installed: have.version, Hold: resource.Some(have.isHeld()),
	}
}

// ensureWord is "present" for a completely installed package, and otherwise its state: "half-configured", "unpacked",
// "config-files", …
func ensureWord(have pkg) string {
	switch {
	case have.broken:
		return "broken"
	case have.state == "installed":
		return "present"
	}
	return have.state
}

// describeWanted describes a wanted package, in the wanted words if it satisfies them, and reports whether it is
// entirely so.
func (p *Provider) describeWanted(ctx context.Context, want resources.PackageWant, f found) (out resources.PackageWant, asWanted bool, err error) {
	have := f.have
	set, err := parseVersionSet(want.Version.Value)
	if err != nil {
		return out, false, err
	}
	source := want.Source.Value.Bytes()
	inState, inVersion, fromSource := have.isInstalled(), set.AllowsPlace(f.version), true
	inHold := !want.Hold.Set || want.Hold.Value == have.isHeld()
	if source != "" {
		deb, err := p.readDeb(ctx, source)
		if err != nil {
			return out, false, err
		}
		fromSource = version.Compare(deb.version, have.version) == 0
	}
	if want.Ensure.Value == "latest" && inState {
		if inState, err = p.isNewest(ctx, want.Name, have, want.AllowDowngrade.Value); err != nil {
			return describePackage(want, have), false, err // what is installed is known
		}
	}
	mark, err := p.wrongMark(want.Mark.Value, have)
	if err != nil {
		return out, false, err
	}
	is := resources.PackageFound{State: inState, Version: inVersion, Hold: inHold, Source: fromSource, Mark: mark}
	if is.All() {
		return out, true, nil
	}
	return resources.DescribeFound(want, describePackage(want, have), is), false, nil
}

// wrongMark is [resources.PackageMark] of a package that is installed; of another it does not count.
func (p *Provider) wrongMark(mark string, have pkg) (string, error) {
	if mark == "keep" || !have.isInstalled() {
		return "", nil
	}
	auto, err := p.isAutomatic(have)
	if err != nil {
		return "", err
	}
	return resources.PackageMark(mark, auto), nil
}
