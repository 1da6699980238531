package apt

import (
	"errors"
	"fmt"
	"strings"

	"converge/internal/version"
	"converge/resources"
)

// parseVersionSet reads what a package's version attribute allows; an empty set
// allows everything.
func parseVersionSet(s string) (version.Set, error) {
	if s == "" {
		return nil, nil
	}
	set, err := resources.ParseVersions(s)
	if err != nil {
		return nil, fmt.Errorf("version %q %w", s, err)
	}
	for _, t := range set {
		if err := checkDebianVersion(t.Version); err != nil {
			return nil, fmt.Errorf("%q is not a Debian version: %w", t.Version, err)
		}
	}
	return set, nil
}

// checkDebianVersion holds a version to the form of deb-version(7): dpkg would
// refuse another. The characters outside of this form that resources.ParseVersions
// lets through are "^" and, in the upstream part, none.
func checkDebianVersion(v string) error {
	epoch, rest, hasEpoch := strings.Cut(v, ":")
	if !hasEpoch {
		epoch, rest = "0", v
	}
	revision := ""
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		rest, revision = rest[:i], rest[i+1:]
	}
	switch {
	case epoch == "" || strings.Trim(epoch, "0123456789") != "":
		return errors.New("the part before the colon is not a number")
	case rest == "" || rest[0] < '0' || rest[0] > '9':
		return errors.New("it must begin with a digit")
	case strings.Contains(v, "^"), strings.Contains(revision, ":"):
		return errors.New("it holds a character that is not allowed there")
	}
	return nil
}
