package resources

import "converge/internal/resource"

// PackageFound says in what a package that is there is as wanted. Every provider of packages
// finds it out in its own way.
type PackageFound struct {
	State, Version, Hold, Source bool

	// Mark is "" if why it is installed is as wanted, and else what it is: see [PackageMark].
	Mark string
}

// All reports whether the package is entirely as wanted.
func (f PackageFound) All() bool { return f.State && f.Version && f.Hold && f.Source && f.Mark == "" }

// DescribeFound describes a package that is there: in the wanted words wherever it is as
// they say, and else in those of have, which are its own.
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

// PackageMark returns the word for a package that is there, but for another reason than the
// wanted mark says; "" if that is as wanted: "automatic" for one that counts as installed for
// the sake of others, which may go as unneeded, and "manual" for one that does not, and
// should. A declared package is wanted as manual, unless a rollback asks for another mark.
func PackageMark(wanted string, automatic bool) string {
	switch {
	case automatic && wanted == "":
		return "automatic"
	case !automatic && wanted == "auto":
		return "manual"
	}
	return ""
}
