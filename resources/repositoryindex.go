package resources

import (
	"slices"
	"strings"
)

// IndexCheck is how strictly a package manager checks the signature of the index of a repository with a key.
type IndexCheck int

// Ways of a check.
const (
	IndexRequired  IndexCheck = iota // an unsigned index is refused
	IndexOptional                    // an unsigned index is accepted, one signed by another key is refused
	IndexUnchecked                   // any index is accepted: each package is checked
)

// IndexCheck returns how strictly dnf, zypper and pacman check the index: as the
// options set it. Without such an option the index must be signed, unless the
// declaration does not show where it is.
func (w *RepositoryWant) IndexCheck() IndexCheck {
	for name, value := range w.Options.Value {
		switch w.Provider.Value + " " + strings.ToLower(name) {
		case "dnf repo_gpgcheck", "zypper repo_gpgcheck":
			if IsOff(value) {
				return IndexUnchecked
			}
			return IndexRequired
		case "pacman siglevel":
			return databaseLevel(value)
		}
	}
	if w.trustsPackages() {
		return IndexOptional
	}
	return IndexRequired
}

// trustsPackages reports whether the repository is trusted by the signatures of its packages alone, unless the options
// state otherwise, as dnf and pacman do by default. Distributions that use lists of mirrors do not sign their indexes,
// and dnf fails for the whole machine if it should check a missing signature. A metalink has a digest of the index.
// The result only depends on the form of the declaration, so that the definition is the same on every machine. zypper
// has no such default: it refuses an unsigned index unless an operator confirms it.
func (w *RepositoryWant) trustsPackages() bool {
	switch w.Provider.Value {
	case "dnf":
		for name, value := range w.Options.Value {
			if strings.EqualFold(name, "gpgcheck") && IsOff(value) {
				return false
			}
		}
		return !w.URL.Set || w.hasOption("metalink") || hasForeignVariable(w.URL.Value)
	case "pacman":
		return !w.URL.Set
	}
	return false
}

// hasForeignVariable reports whether a URL has a variable for which dnf itself has no value, so that only the machine
// knows where that URL leads.
func hasForeignVariable(url string) bool {
	found := false
	ExpandRPM(url, func(name string) (string, bool) {
		found = found || !slices.Contains([]string{"arch", "basearch", "releasever", "releasever_major", "releasever_minor"}, name)
		return "", true
	})
	return found
}

// ExpandRPM replaces the variables of dnf and zypper in a URL, $NAME and ${NAME}, by their values. A variable without
// a value stays.
func ExpandRPM(url string, value func(name string) (string, bool)) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(url, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, length := variableIn(rest)
		text, known := value(name)
		if !known {
			text = "$" + rest[:length]
		}
		b.WriteString(text)
		url = rest[length:]
	}
}

// variableIn returns the name of a variable, in lower case, whose "$" was already read, and its length with its
// braces.
func variableIn(rest string) (name string, length int) {
	from, to := 0, ""
	if strings.HasPrefix(rest, "{") {
		from, to = 1, "}"
	}
	end := from
	for end < len(rest) && (rest[end] == '_' || isWord(rest[end:end+1], "")) {
		end++
	}
	if !strings.HasPrefix(rest[end:], to) {
		return "", 0
	}
	return strings.ToLower(rest[from:end]), end + len(to)
}

// databaseLevel returns the level that a SigLevel of pacman.conf(5) sets for databases: the last word about them
// counts.
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

// IsOff reports whether the value of a native option means no.
func IsOff(value string) bool {
	return slices.Contains([]string{"0", "no", "false", "off"}, strings.ToLower(strings.TrimSpace(value)))
}
