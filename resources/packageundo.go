package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// revertPackage is Undo for packages of any provider: it wants the earlier version, and allows the downgrade.
func revertPackage(p resource.Past, before, after PackageWant) ([]resource.RevertTarget, error) {
	if p.WasCreated() && p.WasRemoved() {
		return nil, nil
	}
	is := after.exactVersion()
	want := p.Identity("provider", "stow_dir", "target")
	made := p.Identity("provider", "stow_dir", "target")
	u := resource.RevertTarget{Want: want, Made: made}
	if p.WasRemoved() {
		made["ensure"] = cty.StringVal("absent")
		if after.Ensure.Value == "purged" {
			u.Notes = []string{"its configuration files come back as the package has them"}
		}
	} else {
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
		if after.Hold.Value { // by the run that is taken back
			want["hold"] = cty.False
		}
		return []resource.RevertTarget{u}, nil
	}
	was := before.exactVersion()
	versionDiffers := was != is && was != ""
	want["ensure"] = cty.StringVal("present")
	if versionDiffers {
		want["version"], want["allow_downgrade"] = cty.StringVal(was), cty.True
	}
	holdManaged := before.Hold.Set && !p.WasRemoved() && after.Hold.Set
	holdDiffers := holdManaged && after.Hold != before.Hold
	switch {
	case p.WasRemoved() && before.Hold.Value:
		want["hold"] = cty.True
	case holdManaged: // repeated, because an unmanaged hold keeps the version
		want["hold"], made["hold"] = cty.BoolVal(before.Hold.Value), cty.BoolVal(after.Hold.Value)
	}
	if before.Mark.Set {
		want["mark"] = cty.StringVal(before.Mark.Value)
	} else if p.Also {
		want["mark"] = cty.StringVal("keep")
	}
	if !p.WasRemoved() && !versionDiffers && !holdDiffers && !before.Mark.Set {
		return nil, nil
	}
	return []resource.RevertTarget{u}, nil
}

// Attributes that the journal records of a stow2 package in addition, and that no rollback restores.
const (
	PastConfig = "config" // files of :config that the change updated with the version
	PastHolder = "holder" // the former holder of the package
)

// leftOfPackage is Leaves for packages: those of stow2 have a :config, which is only restored if the versions can, and
// a holder, who may be a person.
func leftOfPackage(p resource.Past) (out []string) {
	before, err := resource.DecodeRecorded[PackageWant](p.Before)
	if err != nil {
		return nil // Undo reports that
	}
	if before.Config.Set {
		out = append(out, before.Name+"/:config")
	}
	if before.Holder.Set {
		out = append(out, "who held "+before.Name)
	}
	return out
}

// exactVersion returns the single version that a value names: of an installed package, or in a solver's answer.
func (p *PackageWant) exactVersion() string {
	if p.Installed != "" {
		return p.Installed
	}
	set, err := ParseVersions(p.Version.Value)
	if err != nil {
		return ""
	}
	exact, _ := set.Exact()
	return exact
}
