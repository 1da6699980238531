package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// PackageFound reports in which respects an installed package is as wanted. Every provider of packages determines it
// in its own way.
type PackageFound struct {
	State, Version, Hold, Source bool

	// Mark is "" if the reason of its installation is as wanted, and otherwise the present mark: see [PackageMark].
	Mark string
}

// All reports whether the package is entirely as wanted.
func (f PackageFound) All() bool { return f.State && f.Version && f.Hold && f.Source && f.Mark == "" }

// DescribeFound describes an installed package: in the wanted words if it satisfies them, and otherwise in those of
// have, which are its own.
func DescribeFound(want, have PackageWant, f PackageFound) PackageWant {
	switch {
	case f.State && f.Mark != "":
		have.Ensure = resource.Some(f.Mark)
	case f.State:
		have.Ensure = want.Ensure
	}
	if f.Version && want.Version.Value != "" {
		have.Version = want.Version
	}
	if f.Source && want.Source.Value.Bytes() != "" {
		have.Source = want.Source
	}
	return have
}

// marked is the mark that a rollback wants of a package.
type marked struct {
	Mark resource.Opt[string] `attr:"mark"`
}

// showMark shows a mark that a rollback restores: "manual" becomes "automatic", although the package stays present.
func showMark(a resource.AttrChange, want cty.Value) cty.Value {
	if resource.Part[marked](want).Mark.Value == "auto" && a.Have != cty.NilVal && !a.Have.IsNull() && a.Have.AsString() == "manual" {
		return cty.StringVal("automatic")
	}
	return a.Want
}

// PackageMark returns the present mark of an installed package if it is not the wanted one, and "" if it is:
// "automatic" for a package that counts as a dependency of others and may be removed as unneeded, and "manual" for one
// that should count as such, but does not. A declared package is wanted as manual, unless a rollback asks for another
// mark.
func PackageMark(wanted string, automatic bool) string {
	switch {
	case automatic && wanted == "":
		return "automatic"
	case !automatic && wanted == "auto":
		return "manual"
	}
	return ""
}
