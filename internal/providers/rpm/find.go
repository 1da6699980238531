package rpm

import (
	"slices"
	"strings"

	"converge/internal/providers/packages"
)

// Find finds a package by its name and architecture ("" is any), or by NAME.ARCH.
func Find(list []packages.Package, name, arch string) (packages.Package, bool) {
	if i := slices.IndexFunc(list, func(p packages.Package) bool { return p.Name == name && (arch == "" || p.Arch == arch) }); i >= 0 {
		return list[i], true
	}
	if base, ending, ok := CutArch(name); ok && arch == "" {
		return Find(list, base, ending)
	}
	return packages.Package{}, false
}

// CutArch cuts NAME.ARCH.
func CutArch(name string) (base, arch string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 {
		return name, "", false
	}
	switch name[i+1:] {
	case "noarch", "x86_64", "i386", "i486", "i586", "i686", "aarch64", "armv7hl", "armv6hl", "ppc64le", "s390x", "riscv64", "src":
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
