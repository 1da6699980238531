package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// revertPackage is Undo for packages of any provider: it wants the version
// before, and allows the downgrade.
func revertPackage(p resource.Past) ([]resource.Undone, error) {
	was, is := exactVersion(p.Before), exactVersion(p.After)
	want := p.Identity("provider", "stow_dir", "target")
	made := p.Identity("provider", "stow_dir", "target")
	u := resource.Undone{Want: want, Made: made}
	switch {
	case p.WasCreated() && p.WasRemoved():
		return nil, nil
	case p.WasRemoved():
		made["ensure"] = cty.StringVal("absent")
		if resource.StringAttr(p.After, "ensure") == "purged" {
			u.Notes = []string{"its configuration files come back as the package has them"}
		}
	default:
		made["ensure"], made["mark"] = cty.StringVal("present"), cty.StringVal("keep")
		if is != "" {
			made["version"] = cty.StringVal(is)
		}
	}
	if p.WasCreated() {
		want["ensure"] = cty.StringVal("absent")
		if p.Purge {
			want["ensure"] = cty.StringVal("purged")
		}
		if resource.BoolAttr(p.After, "hold") { // by the run that is taken back
			want["hold"] = cty.False
		}
		return []resource.Undone{u}, nil
	}
	want["ensure"] = cty.StringVal("present")
	if was != is && was != "" {
		want["version"], want["allow_downgrade"] = cty.StringVal(was), cty.True
	}
	hold, held := resource.GetAttr(p.Before, "hold"), resource.GetAttr(p.After, "hold")
	switch {
	case hold == cty.NilVal:
	case p.WasRemoved() && hold.True():
		want["hold"] = hold
	case !p.WasRemoved() && held != cty.NilVal && !held.RawEquals(hold):
		want["hold"], made["hold"] = hold, held
	}
	if mark := resource.GetAttr(p.Before, "mark"); mark != cty.NilVal {
		want["mark"] = mark
	} else if p.Also {
		want["mark"] = cty.StringVal("keep")
	}
	if !p.WasRemoved() && want["version"] == cty.NilVal && want["hold"] == cty.NilVal && resource.GetAttr(p.Before, "mark") == cty.NilVal {
		return nil, nil
	}
	return []resource.Undone{u}, nil
}

// What the journal holds of a stow2 package, beside its attributes, that
// nothing brings back.
const (
	PastConfig = "config" // files of :config that the change followed the version with
	PastHolder = "holder" // from whom the change took the package
)

// leftOfPackage is Leaves for packages: those of stow2 have a :config, which
// goes back only where the versions say how, and a holder, who may be a person.
func leftOfPackage(p resource.Past) (out []string) {
	if resource.HasAttr(p.Before, PastConfig) {
		out = append(out, resource.StringAttr(p.Before, "name")+"/:config")
	}
	if resource.HasAttr(p.Before, PastHolder) {
		out = append(out, "who held "+resource.StringAttr(p.Before, "name"))
	}
	return out
}

// exactVersion returns the single version that a value names: of an installed
// package, or of a solver's answer.
func exactVersion(v cty.Value) string {
	if s := resource.StringAttr(v, "installed"); s != "" {
		return s
	}
	s := resource.StringAttr(v, "version")
	if terms, err := ParseVersions(s); err != nil || len(terms) != 1 || terms[0].Op != "=" {
		return ""
	} else {
		return terms[0].Version
	}
}
