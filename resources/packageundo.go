package resources

import "github.com/zclconf/go-cty/cty"

// revertPackage is Undo for packages of any provider: it wants the version
// before, and allows the downgrade.
func revertPackage(p Past) ([]Undone, error) {
	was, is := exactVersion(p.Before), exactVersion(p.After)
	want := p.identity("provider", "stow_dir", "target")
	made := p.identity("provider", "stow_dir", "target")
	u := Undone{Want: want, Made: made}
	switch {
	case p.created() && p.removed():
		return nil, nil
	case p.removed():
		made["ensure"] = cty.StringVal("absent")
		if StringAttr(p.After, "ensure") == "purged" {
			u.Notes = []string{"its configuration files come back as the package has them"}
		}
	default:
		made["ensure"], made["mark"] = cty.StringVal("present"), cty.StringVal("keep")
		if is != "" {
			made["version"] = cty.StringVal(is)
		}
	}
	if p.created() {
		want["ensure"] = cty.StringVal("absent")
		if p.Purge {
			want["ensure"] = cty.StringVal("purged")
		}
		if BoolAttr(p.After, "hold") { // by the run that is taken back
			want["hold"] = cty.False
		}
		return []Undone{u}, nil
	}
	want["ensure"] = cty.StringVal("present")
	if was != is && was != "" {
		want["version"], want["allow_downgrade"] = cty.StringVal(was), cty.True
	}
	hold, held := GetAttr(p.Before, "hold"), GetAttr(p.After, "hold")
	switch {
	case hold == cty.NilVal:
	case p.removed() && hold.True():
		want["hold"] = hold
	case !p.removed() && held != cty.NilVal && !held.RawEquals(hold):
		want["hold"], made["hold"] = hold, held
	}
	if mark := GetAttr(p.Before, "mark"); mark != cty.NilVal {
		want["mark"] = mark
	} else if p.Also {
		want["mark"] = cty.StringVal("keep")
	}
	if !p.removed() && want["version"] == cty.NilVal && want["hold"] == cty.NilVal && GetAttr(p.Before, "mark") == cty.NilVal {
		return nil, nil
	}
	return []Undone{u}, nil
}

// What the journal holds of a stow2 package, beside its attributes, that
// nothing brings back.
const (
	PastConfig = "config" // files of :config that the change followed the version with
	PastHolder = "holder" // from whom the change took the package
)

// leftOfPackage is Leaves for packages: those of stow2 have a :config, which
// goes back only where the versions say how, and a holder, who may be a person.
func leftOfPackage(p Past) (out []string) {
	if HasAttr(p.Before, PastConfig) {
		out = append(out, StringAttr(p.Before, "name")+"/:config")
	}
	if HasAttr(p.Before, PastHolder) {
		out = append(out, "who held "+StringAttr(p.Before, "name"))
	}
	return out
}

// exactVersion returns the single version that a value names: of an installed
// package, or of a solver's answer.
func exactVersion(v cty.Value) string {
	if s := StringAttr(v, "installed"); s != "" {
		return s
	}
	s := StringAttr(v, "version")
	if terms, err := ParseVersions(s); err != nil || len(terms) != 1 || terms[0].Op != "=" {
		return ""
	} else {
		return terms[0].Version
	}
}
