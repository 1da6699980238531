package pacman

import (
	"bufio"
	"bytes"
	"strings"

	"converge/internal/version"
)

// entry is a package as pacman's databases describe it, installed or offered.
type entry struct {
	name, version, arch string
	file, repo          string // of an offered package

	provides, conflicts, depends, replaces []relation
	reason                                 string // "1": installed as a dependency
	half                                   bool   // see halfInstalled
	damage                                 string // why it cannot be read, except for name and version
}

// relation is a name, with or without a condition on the version: "web>=2".
type relation struct{ name, op, version string }

// parseRelation reads a relation (PKGBUILD(5)). It omits the purpose of an optional one, behind a colon and a space.
func parseRelation(s string) relation {
	s, _, _ = strings.Cut(s, ": ")
	i := strings.IndexAny(s, "<>=")
	if i < 0 {
		return relation{name: strings.TrimSpace(s)}
	}
	op := s[i:]
	op = op[:len(op)-len(strings.TrimLeft(op, "<>="))]
	return relation{strings.TrimSpace(s[:i]), op, strings.TrimSpace(s[i+len(op):])}
}

// allows reports whether a version meets the condition; "" is the version of a name that is provided without one.
func (r relation) allows(v string) bool {
	if r.op == "" {
		return true
	}
	if v == "" {
		return false
	}
	if !strings.Contains(r.version, "-") { // a pkgrel counts only if both have one
		if i := strings.LastIndexByte(v, '-'); i >= 0 {
			v = v[:i]
		}
	}
	c := version.ComparePacman(v, r.version)
	switch r.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case "=":
		return c == 0
	case ">=":
		return c >= 0
	case ">":
		return c > 0
	}
	return false
}

// isMetBy reports whether a package satisfies the relation, by its name or by a name that it provides.
func (r relation) isMetBy(e *entry) bool {
	if e.name == r.name && r.allows(e.version) {
		return true
	}
	for _, p := range e.provides {
		if p.name == r.name && r.allows(p.version) {
			return true
		}
	}
	return false
}

// parseDesc parses a description: sections with a line %NAME%, one value per line, and an empty line. It calls each for
// every value.
func parseDesc(data []byte, each func(section, value string)) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	section := ""
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		switch {
		case len(line) > 2 && line[0] == '%' && line[len(line)-1] == '%':
			section = line[1 : len(line)-1]
		case line == "":
			section = ""
		case section != "":
			each(section, line)
		}
	}
}

// readEntry parses the description of a package.
func readEntry(data []byte) entry {
	var e entry
	parseDesc(data, func(section, v string) {
		switch section {
		case "NAME":
			e.name = v
		case "VERSION":
			e.version = v
		case "ARCH":
			e.arch = v
		case "FILENAME":
			e.file = v
		case "REASON":
			e.reason = v
		case "DESC":
			e.half = v == halfInstalled
		case "PROVIDES":
			e.provides = append(e.provides, parseRelation(v))
		case "CONFLICTS":
			e.conflicts = append(e.conflicts, parseRelation(v))
		case "DEPENDS":
			e.depends = append(e.depends, parseRelation(v))
		case "REPLACES":
			e.replaces = append(e.replaces, parseRelation(v))
		}
	})
	return e
}
