package apt

import (
	"cmp"
	"fmt"
	"slices"

	version "github.com/knqyf263/go-deb-version"

	"converge/resources"
)

// compareVersions orders two versions as dpkg does; strings that are no versions
// (dpkg never installs such) are ordered as text.
func compareVersions(a, b string) int {
	va, errA := version.NewVersion(a)
	vb, errB := version.NewVersion(b)
	if errA == nil && errB == nil {
		return cmp.Compare(va.Compare(vb), 0) // the library's answer has a size too
	}
	return cmp.Compare(a, b)
}

// versionSet is what a package's version attribute allows; empty: everything.
type versionSet []resources.VersionTerm

func parseVersionSet(s string) (versionSet, error) {
	if s == "" {
		return nil, nil
	}
	terms, err := resources.ParseVersions(s)
	if err != nil {
		return nil, fmt.Errorf("version %q %w", s, err)
	}
	for _, t := range terms {
		if _, err := version.NewVersion(t.Version); err != nil {
			return nil, fmt.Errorf("%q is not a Debian version: %w", t.Version, err)
		}
	}
	return terms, nil
}

// exact is the one version that the set allows, if it is written so.
func (s versionSet) exact() (string, bool) {
	if len(s) == 1 && s[0].Op == "=" {
		return s[0].Version, true
	}
	return "", false
}

// isBelow reports whether all that the set allows is older than a version.
func (s versionSet) isBelow(v string) bool {
	return slices.ContainsFunc(s, func(t resources.VersionTerm) bool {
		c := compareVersions(t.Version, v)
		return c < 0 && (t.Op == "=" || t.Op == "<=") || c <= 0 && t.Op == "<"
	})
}

func (s versionSet) allows(v string) bool {
	for _, t := range s {
		c := compareVersions(v, t.Version)
		var ok bool
		switch t.Op {
		case "=":
			ok = c == 0
		case "!=":
			ok = c != 0
		case "<":
			ok = c < 0
		case "<=":
			ok = c <= 0
		case ">":
			ok = c > 0
		case ">=":
			ok = c >= 0
		}
		if !ok {
			return false
		}
	}
	return true
}
