package rpm

import (
	"errors"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/version"
)

// Find finds a package by its name and architecture ("": any), or by NAME.ARCH.
func Find(list []packages.Package, name, arch string) (packages.Package, bool) {
	if i := slices.IndexFunc(list, func(p packages.Package) bool { return p.Name == name && (arch == "" || p.Arch == arch) }); i >= 0 {
		return list[i], true
	}
	if base, ending, ok := CutArch(name); ok && arch == "" {
		return Find(list, base, ending)
	}
	return packages.Package{}, false
}

// CutArch splits NAME.ARCH.
func CutArch(name string) (base, arch string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 {
		return name, "", false
	}
	switch name[i+1:] {
	case "noarch", "x86_64", "x86_64_v2", "x86_64_v3", "x86_64_v4", "i386", "i486", "i586", "i686",
		"aarch64", "armv6hl", "armv7hl", "armv7l", "ppc", "ppc64", "ppc64le", "s390", "s390x", "riscv64", "loongarch64", "src":
		return name[:i], name[i+1:], true
	}
	return name, "", false
}

// IsVersionOf reports whether text is NAME-VERSION-RELEASE[.ARCH] of a package.
func IsVersionOf(text, name string) bool {
	base, _, _ := CutArch(name)
	rest, ok := strings.CutPrefix(text, base+"-")
	return ok && strings.Count(rest, "-") == 1 && rest[0] != '-'
}

// IsMet reports whether the operations meet a word.
func IsMet(w packages.Word, installed []packages.Package, ops []packages.Operation) bool {
	have, isInstalled := Find(installed, w.Name, w.Arch)
	now := have.Version
	for _, o := range ops {
		if o.Name == w.Name && (w.Arch == "" || o.Arch == w.Arch) {
			now, isInstalled = o.New, o.New != ""
		}
	}
	switch {
	case w.Remove:
		return !isInstalled
	case !isInstalled:
		return w.Version == "" && w.File == "" && len(ops) > 0 // a name that other packages provide
	case w.Version != "":
		return version.CompareRPM(now, w.Version) == 0
	}
	return true
}

// ErrLeftOut reports a word that a solution does not meet although the manager reported no error.
var ErrLeftOut = errors.New("the solution leaves it out")
