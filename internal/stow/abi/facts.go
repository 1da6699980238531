package abi

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Facts holds the properties of an image that other packages can depend on.
// Everything is sorted and unique, so that equal images have equal facts.
type Facts struct {
	Libraries []Library // that the image provides
	Links     []Link    // the libraries that it needs from other images
	Uses      []Use     // the symbols that it needs from other images; nil if not recorded
}

// Library is a shared library that programs outside the image can link to.
type Library struct {
	Soname   string
	Arch     Arch
	Versions []string // that it defines; nil if its symbols have no versions
	Symbols  []Symbol // that it exports; nil if not recorded
	Through  []string // libraries of the same image that are loaded with it
}

// Link is a library that an image needs and does not contain.
type Link struct {
	Soname   string
	Arch     Arch
	FOO      string   // the package it comes from; "" if unknown
	Versions []string // required versions
	RunPath  string   // directories searched first, if all objects that need it agree
}

// Resolve sets the package of each link. supplier returns "" for an unknown library.
func (f Facts) Resolve(supplier func(Link) string) Facts {
	f.Links = slices.Clone(f.Links)
	for i, l := range f.Links {
		if foo := supplier(l); foo != "" {
			f.Links[i].FOO = foo
		}
	}
	return f
}

// Brief leaves out the symbols of libraries with more than that many symbols: the largest export megabytes of names, and
// a reader that has the image reads them faster from there. Symbols that are left out count as not recorded.
func (f Facts) Brief(symbols int) Facts {
	f.Libraries = slices.Clone(f.Libraries)
	for i := range f.Libraries {
		if len(f.Libraries[i].Symbols) > symbols {
			f.Libraries[i].Symbols = nil
		}
	}
	return f
}

// Suppliers maps libraries to the packages that provide them.
type Suppliers map[key][]string

type key struct {
	arch   Arch
	soname string
}

// Add adds the libraries of a package.
func (s Suppliers) Add(foo string, f Facts) {
	for _, l := range f.Libraries {
		k := key{l.Arch, l.Soname}
		if !slices.Contains(s[k], foo) {
			s[k] = append(s[k], foo)
		}
	}
}

// Find is a supplier for [Facts.Resolve]. If several packages provide a library, it returns the one that the run path
// mentions, or "" if it mentions none.
func (s Suppliers) Find(l Link) string {
	all := s[key{l.Arch, l.Soname}]
	if len(all) == 1 {
		return all[0]
	}
	for _, p := range splitRunPath(l.RunPath) {
		for _, foo := range all {
			if _, ok := p.versionInside(foo); ok {
				return foo
			}
		}
	}
	return ""
}

func (f *Facts) sortAll() {
	slices.SortFunc(f.Libraries, func(a, b Library) int {
		return cmp.Or(cmp.Compare(a.Soname, b.Soname), cmp.Compare(a.Arch, b.Arch))
	})
	slices.SortFunc(f.Links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Soname, b.Soname), cmp.Compare(a.Arch, b.Arch))
	})
	slices.SortFunc(f.Uses, compareUses)
	f.Uses = slices.Compact(f.Uses)
	for _, l := range f.Libraries {
		slices.SortFunc(l.Symbols, compareSymbols)
	}
}

func compareSymbols(a, b Symbol) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Size, b.Size), compareBool(a.Hidden, b.Hidden))
}

func compareUses(a, b Use) int {
	return cmp.Or(cmp.Compare(a.Soname, b.Soname), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Name, b.Name), compareBool(a.Copy, b.Copy), cmp.Compare(a.Size, b.Size))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// sortUnique returns a sorted list without duplicates; nil stays nil.
func sortUnique(list []string) []string {
	if list == nil {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// runDir is a directory of a run path.
type runDir string

// splitRunPath splits a run path as the loader does. So a run path cannot contain a directory whose name has a colon,
// such as ":installed": a package that switches should relink names the target's lib directory, or a link with another
// name that leads to FOO/:installed.
func splitRunPath(s string) []runDir {
	var out []runDir
	for p := range strings.SplitSeq(s, ":") {
		if p != "" {
			out = append(out, runDir(p))
		}
	}
	return out
}

// versionInside reports whether the directory is in a package, and in which of its versions: ".../FOO/1.0/lib".
func (p runDir) versionInside(foo string) (version string, ok bool) {
	parts := strings.Split(string(p), "/")
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] == foo && parts[i+1] != "" {
			return parts[i+1], true
		}
	}
	return "", false
}

// isPinned reports whether a link leads to one version of a package even while another one is installed: the first
// directory that names the package decides.
func (l Link) isPinned(foo, version string) bool {
	for _, p := range splitRunPath(l.RunPath) {
		if v, ok := p.versionInside(foo); ok {
			return v == version
		}
	}
	return false
}

// splitNeeded splits an entry of DT_NEEDED: a name to search for, or the path of a file, which is loaded only from
// there.
func splitNeeded(s string) (dir, soname string) {
	if !strings.Contains(s, "/") {
		return "", s
	}
	return path.Dir(s), path.Base(s)
}

// cleanRunPath removes empty and meaningless parts.
func cleanRunPath(s string) string {
	parts := strings.Split(s, ":")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ":")
}
