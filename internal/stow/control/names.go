package control

import (
	"slices"
	"strings"
	"unicode"

	"converge/internal/stow/stanza"
)

// Name is the name of a package in a namespace: "debian/libx11-dev".
type Name struct {
	Space string // "" is the namespace of the manager that reads it
	Name  string
}

// String writes the name as a word.
func (n Name) String() string {
	if n.Space == "" {
		return n.Name
	}
	return n.Space + "/" + n.Name
}

// Names are the names of one package, in order of preference.
type Names []Name

// ParseNames reads names in either spelling: words of the form NAMESPACE/NAME
// or NAME, or the S-expression (("NAMESPACE" "NAME") ...). An error is a
// [stanza.WordError].
func ParseNames(text string) (Names, error) {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "(") {
		return parseExpression(text)
	}
	var names Names
	for at, word := range EachWord(text) {
		n := Name{Name: word}
		if space, name, ok := strings.Cut(word, "/"); ok {
			n = Name{space, name}
			if space == "" {
				return nil, &stanza.WordError{At: at, Word: word, Text: "has no namespace before the slash"}
			}
		}
		if why := n.findFault(); why != "" {
			return nil, &stanza.WordError{At: at, Word: word, Text: why}
		}
		if i := strings.IndexAny(word, `()",;`); i >= 0 {
			return nil, &stanza.WordError{At: at, Word: word, Text: "has " + word[i:i+1] + " in it"}
		}
		names = append(names, n)
	}
	if len(names) == 0 {
		return nil, &stanza.WordError{Text: "there is no name"}
	}
	return names, nil
}

// EachWord yields the words of a text with their places.
func EachWord(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for at := 0; at < len(text); {
			start := at + len(text[at:]) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
			if start == len(text) {
				return
			}
			end := len(text)
			if i := strings.IndexFunc(text[start:], unicode.IsSpace); i >= 0 {
				end = start + i
			}
			if !yield(start, text[start:end]) {
				return
			}
			at = end
		}
	}
}

// findFault explains why n is not a valid name; "" if it is valid. Names become arguments of package managers.
func (n Name) findFault() string {
	switch {
	case n.Name == "":
		return "has no name after the slash"
	case n.Name[0] == '-' || n.Space != "" && n.Space[0] == '-':
		return "begins with a hyphen"
	case strings.ContainsFunc(n.Name, isUnprintable):
		return "has a blank or a control character in it"
	case strings.ContainsFunc(n.Space, isOutsideNamespace):
		return "is in no namespace (want lower case letters, digits, . _ + -)"
	}
	return ""
}

func isUnprintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func isOutsideNamespace(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._+-", r)
}

// String writes the names in a form that ParseNames reads: as words if possible.
func (ns Names) String() string {
	plain := make([]string, len(ns))
	for i, n := range ns {
		plain[i] = n.String()
	}
	text := strings.Join(plain, " ")
	if again, err := ParseNames(text); err == nil && slices.Equal(again, ns) {
		return text
	}
	return ns.formatExpression()
}
