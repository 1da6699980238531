package control

import (
	"errors"
	"strings"

	"converge/internal/stow/stanza"
	"converge/internal/version"
)

// Dependency is a package that another one needs.
type Dependency struct {
	Names    Names
	Versions version.Set
}

// ParseDependencies reads a comma-separated list of names, each optionally followed by conditions on its version in
// parentheses: "debian/libgtk2.0-dev (>= 2.24), zlib". An error is a [stanza.WordError].
func ParseDependencies(value string) ([]Dependency, error) {
	var out []Dependency
	for at, part := range splitOutside(value, ',') {
		if strings.TrimSpace(part) == "" {
			return nil, &stanza.WordError{At: at, Word: ",", Text: "has no package on one side of it"}
		}
		d, err := parseDependency(part)
		if err != nil {
			return nil, stanza.Shift(err, at)
		}
		out = append(out, d)
	}
	return out, nil
}

func parseDependency(part string) (d Dependency, err error) {
	names := strings.TrimRight(part, " \t\n")
	// The last parentheses contain the conditions, unless they enclose everything: then the names are an S-expression.
	if i := strings.LastIndexByte(names, '('); i > 0 && strings.HasSuffix(names, ")") && strings.TrimSpace(names[:i]) != "" &&
		strings.Count(names[:i], "(") == strings.Count(names[:i], ")") {
		d.Versions, err = ParseVersions(names[i+1 : len(names)-1])
		if err != nil {
			return d, stanza.Shift(err, i+1)
		}
		names = names[:i]
	}
	d.Names, err = ParseNames(names)
	return d, err
}

// splitOutside yields the parts of a value between separators outside of parentheses and quotes, with their offsets. A
// blank value has no parts.
func splitOutside(value string, sep byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		depth, start, quoted := 0, 0, false
		if strings.TrimSpace(value) == "" {
			return
		}
		for i := range len(value) {
			switch c := value[i]; {
			case c == '"' && depth > 0 && value[i-1] != '\\':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == sep && depth <= 0:
				if !yield(start, value[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(start, value[start:])
	}
}

// ParseVersions reads conditions ([version.ParseSet]). An error is a
// [stanza.WordError].
func ParseVersions(text string) (version.Set, error) {
	set, err := version.ParseSet(text)
	var wrong *version.SyntaxError
	if errors.As(err, &wrong) {
		return nil, &stanza.WordError{At: wrong.At, Word: wrong.Word, Text: wrong.Text}
	}
	return set, err
}
