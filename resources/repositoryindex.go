package resources

import (
	"slices"
	"strings"
)

// IndexCheck is how strictly a package manager checks the signature of the index of
// a repository that has a key.
type IndexCheck int

// The ways of a check.
const (
	IndexRequired  IndexCheck = iota // an index without a signature is refused
	IndexOptional                    // one is accepted, one by another key is refused
	IndexUnchecked                   // whatever signs it: each package is checked
)

// IndexCheck returns how strictly dnf, zypper and pacman check the index, by the
// options. An index must be signed unless they say otherwise.
func (w *RepositoryWant) IndexCheck() IndexCheck {
	for name, value := range w.Options.Value {
		switch name = strings.ToLower(name); {
		case w.Provider.Value != "pacman" && name == "repo_gpgcheck" && IsOff(value):
			return IndexUnchecked
		case w.Provider.Value == "pacman" && name == "siglevel":
			return databaseLevel(value)
		}
	}
	return IndexRequired
}

// databaseLevel is what a SigLevel of pacman.conf(5) says of databases: the last word
// about them counts.
func databaseLevel(level string) IndexCheck {
	for _, word := range slices.Backward(strings.Fields(level)) {
		switch strings.TrimPrefix(word, "Database") {
		case "Required":
			return IndexRequired
		case "Optional":
			return IndexOptional
		case "Never":
			return IndexUnchecked
		}
	}
	return IndexOptional // as pacman's own default
}

// IsOff reports whether a native option says no.
func IsOff(value string) bool {
	return slices.Contains([]string{"0", "no", "false", "off"}, strings.ToLower(strings.TrimSpace(value)))
}
