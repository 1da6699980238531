package wanted

import (
	"slices"
	"strings"
)

// Kind is what of a package is wanted.
type Kind string

// The kinds.
const (
	App        Kind = "app"
	SharedLib  Kind = "shared-lib"
	StaticLib  Kind = "static-lib"
	DevHeaders Kind = "dev-headers"
	Doc        Kind = "doc"
	Data       Kind = "data"
	Source     Kind = "source"
	Any        Kind = "any"
)

// allKinds lists all kinds, those first that include the most others: headers
// depend on their library.
func allKinds() []Kind { return []Kind{DevHeaders, StaticLib, SharedLib, App, Data, Doc, Source, Any} }

// NativeNames returns the names under which a manager may have the wanted parts
// of name, best first: name itself, and where there is no such package, the name
// of the wanted part in the distributions of that family. Of several kinds the
// first of kinds counts: one package answers one want, and headers depend on their
// library. More parts of a package are separate wants.
//
// family is "debian", "redhat", "suse" or "alpine"; any other has whole packages
// only.
func NativeNames(family, name string, want []Kind) []string {
	names := []string{name}
	for _, k := range allKinds() {
		if !slices.Contains(want, k) {
			continue
		}
		for _, suffix := range suffixes(family, k) {
			names = append(names, name+suffix)
			// Debian names a library so, whatever its authors call it.
			if library(k) && !strings.HasPrefix(name, "lib") && (family == "debian" || family == "alpine") {
				names = append(names, "lib"+name+suffix)
			}
		}
		break
	}
	return names
}

func library(k Kind) bool { return k == DevHeaders || k == StaticLib || k == SharedLib }

// suffixes are appended to the name of a package for that of a part of it. A
// Debian package of a shared library has the number of its interface in its
// name, which cannot be guessed: it must be named as such.
func suffixes(family string, k Kind) []string {
	switch family {
	case "debian":
		switch k {
		case DevHeaders, StaticLib:
			return []string{"-dev"}
		case Data:
			return []string{"-data", "-common"}
		case Doc:
			return []string{"-doc"}
		case Source:
			return []string{"-source"}
		}
	case "redhat", "suse":
		switch k {
		case DevHeaders:
			return []string{"-devel"}
		case StaticLib:
			return []string{"-static", "-devel-static", "-devel"}
		case SharedLib:
			return []string{"-libs"}
		case Data:
			return []string{"-data", "-common"}
		case Doc:
			return []string{"-doc"}
		}
	case "alpine":
		switch k {
		case DevHeaders:
			return []string{"-dev"}
		case StaticLib:
			return []string{"-static", "-dev"}
		case SharedLib:
			return []string{"-libs"}
		case Doc:
			return []string{"-doc"}
		}
	}
	return nil
}
