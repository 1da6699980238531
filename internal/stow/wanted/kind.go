package wanted

import (
	"slices"
	"strings"
)

// Kind is the wanted part of a package.
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

// allKinds lists all kinds, those first that include the most others: headers depend on their library.
func allKinds() []Kind { return []Kind{DevHeaders, StaticLib, SharedLib, App, Data, Doc, Source, Any} }

// NativeNames returns the names under which Debian may have the wanted parts of name, best first: name itself, or if
// there is no such package, the name of the wanted part. Of several kinds the first of [allKinds] counts: one package
// answers one want. Further parts of a package are separate wants.
func NativeNames(name string, want []Kind) []string {
	names := []string{name}
	for _, k := range allKinds() {
		if !slices.Contains(want, k) {
			continue
		}
		for _, suffix := range suffixes(k) {
			names = append(names, name+suffix)
			// Debian uses this prefix for libraries, even if their authors do not.
			if (k == DevHeaders || k == StaticLib) && !strings.HasPrefix(name, "lib") {
				names = append(names, "lib"+name+suffix)
			}
		}
		break
	}
	return names
}

// suffixes returns what is appended to the name of a package for that of a part. The package of a shared library has the
// number of its interface in its name, which cannot be guessed: the want must name it.
func suffixes(k Kind) []string {
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
	return nil
}
