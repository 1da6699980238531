package apt

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/version"
)

// Observe implements [resource.Provider]. If a package is entirely as wanted,
// it returns the wanted value itself. Otherwise it returns the attributes of the
// kind and "installed", the full version: "version" is the wanted constraint where
// that is met.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	db, err := p.database()
	if err != nil {
		return cty.NilVal, err
	}
	f, err := p.find(ctx, db, resource.StringAttr(want, "name"))
	if err != nil {
		return cty.NilVal, err
	}
	ensure := resource.StringAttr(want, "ensure")
	switch {
	case ensure == "purged" && (f.have.state == "" || f.have.state == "not-installed"):
		return resource.Absent, nil
	case ensure != "purged" && f.have.gone():
		return resource.Absent, nil
	case isAbsent(ensure):
		return cty.ObjectVal(describe(want, f.have)), nil
	}
	return p.inWantedWords(ctx, want, ensure, f)
}

// describe is a package in its own words.
func describe(want cty.Value, have pkg) map[string]cty.Value {
	version := cty.StringVal(have.version)
	return map[string]cty.Value{
		"name": want.GetAttr("name"), "ensure": cty.StringVal(ensureWord(have)),
		"version": version, "installed": version, "hold": cty.BoolVal(have.held()),
	}
}

// ensureWord is "present" for a package that is wholly there, and otherwise
// the state it is in: "half-configured", "unpacked", "config-files", …
func ensureWord(have pkg) string {
	switch {
	case have.broken:
		return "broken"
	case have.state == "installed":
		return "present"
	}
	return have.state
}

// The words for a package that is there, but for another reason than is wanted.
const (
	automatic = "automatic" // it counts as installed for the sake of others, and autoremove may take it
	manual    = "manual"    // it does not, and should
)

// inWantedWords describes a package that is wanted, with the wanted words
// wherever it is as they say.
func (p *Provider) inWantedWords(ctx context.Context, want cty.Value, ensure string, f found) (cty.Value, error) {
	have := f.have
	set, err := parseVersionSet(resource.StringAttr(want, "version"))
	if err != nil {
		return cty.NilVal, err
	}
	source := resource.StringAttr(want, "source")
	hold := boolAttr(want, "hold")
	inState, inVersion, inHold, fromSource := have.installed(), set.AllowsPlace(f.version), hold == nil || *hold == have.held(), true
	if source != "" {
		deb, err := p.deb(ctx, source)
		if err != nil {
			return cty.NilVal, err
		}
		fromSource = version.Compare(deb.version, have.version) == 0
	}
	if ensure == "latest" && inState {
		if inState, err = p.isNewest(ctx, resource.StringAttr(want, "name"), have, resource.BoolAttr(want, "allow_downgrade")); err != nil {
			return cty.NilVal, err
		}
	}
	mark, err := p.wrongMark(want, have)
	if err != nil {
		return cty.NilVal, err
	}
	if inState && inVersion && inHold && fromSource && mark == "" {
		return want, nil
	}
	out := describe(want, have)
	switch {
	case inState && mark != "":
		out["ensure"] = cty.StringVal(mark)
	case inState:
		out["ensure"] = want.GetAttr("ensure")
	}
	if inVersion && len(set) > 0 {
		out["version"] = want.GetAttr("version")
	}
	if fromSource && source != "" {
		out["source"] = want.GetAttr("source")
	}
	return cty.ObjectVal(out), nil
}

// wrongMark returns the mark of a package that differs from the wanted one; ""
// if it does not. A declared package is wanted as manual, unless a rollback asks
// for another mark.
func (p *Provider) wrongMark(want cty.Value, have pkg) (string, error) {
	mark := resource.StringAttr(want, "mark")
	if mark == "keep" || !have.installed() {
		return "", nil
	}
	auto, err := p.isAutomatic(have)
	switch {
	case err != nil:
		return "", err
	case auto && mark == "":
		return automatic, nil
	case !auto && mark == "auto":
		return manual, nil
	}
	return "", nil
}
