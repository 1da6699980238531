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

// kinds are all of them, those first that bring the most along: headers depend
// on the library that they are of.
func kinds() []Kind { return []Kind{DevHeaders, StaticLib, SharedLib, App, Data, Doc, Source, Any} }

// NativeNames are the names under which a manager may have what is wanted of
// name, best first: name itself, and where there is no such package, what the
// distributions of that family call the part that is wanted. Of several kinds
// the first of kinds counts: one want is answered by one package, and headers
// bring their library along. Whoever wants more parts of a package than that
// asks for each.
//
// family is "debian", "redhat", "suse" or "alpine"; any other knows whole
// packages only.
func NativeNames(family, name string, want []Kind) []string {
	names := []string{name}
	for _, k := range kinds() {
		if !slices.Contains(want, k) {
			continue
		}
		for _, suffix := range suffixes(family, k) {
			names = append(names, name+suffix)
			// There a library is called so, whatever its authors call it.
			if library(k) && !strings.HasPrefix(name, "lib") && (family == "debian" || family == "alpine") {
				names = append(names, "lib"+name+suffix)
			}
		}
		break
	}
	return names
}

func library(k Kind) bool { return k == DevHeaders || k == StaticLib || k == SharedLib }

// suffixes are what follows the name of a package in that of a part of it. A
// Debian package of a shared library has the number of its interface in its
// name, which nobody can guess: it is to be named as such.
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
