package control

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"converge/internal/stow/stanza"
)

// expressions reads names written as an S-expression.
type expressions struct {
	text string
	at   int
}

// parseExpression reads (("debian" "sawfish") ("redhat" "sawmill")). Words
// need no quotes; a list of one word is a name without a namespace.
func parseExpression(text string) (Names, error) {
	e := &expressions{text: text}
	var names Names
	e.peekRune() // the parenthesis that opens the list: see ParseNames
	e.at++
	for !e.skipClose() {
		n, err := e.readName()
		if err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	if word := e.peekRune(); word != "" {
		return nil, e.errorAt(word, "is too much: the list has ended before it")
	}
	if len(names) == 0 {
		return nil, e.errorAt("()", "names nothing")
	}
	return names, nil
}

// readName reads ("NAMESPACE" "NAME").
func (e *expressions) readName() (Name, error) {
	if next := e.peekRune(); next != "(" {
		return Name{}, e.errorAt(next, `stands where a name: ("NAMESPACE" "NAME") is to begin`)
	}
	start := e.at
	e.at++
	var atoms []string
	for !e.skipClose() {
		a, err := e.readAtom()
		if err != nil {
			return Name{}, err
		}
		atoms = append(atoms, a)
	}
	whole := e.text[start:e.at]
	n := Name{}
	switch len(atoms) {
	case 1:
		n.Name = atoms[0]
	case 2:
		n.Space, n.Name = atoms[0], atoms[1]
		if n.Space == "" {
			return n, &stanza.WordError{At: start, Word: whole, Text: "has an empty namespace"}
		}
	default:
		return n, &stanza.WordError{At: start, Word: whole, Text: `is not a name: want ("NAMESPACE" "NAME")`}
	}
	if why := n.findFault(); why != "" {
		return n, &stanza.WordError{At: start, Word: whole, Text: why}
	}
	return n, nil
}

// peekRune returns the next character, "" at the end.
func (e *expressions) peekRune() string {
	e.at = len(e.text) - len(strings.TrimLeftFunc(e.text[e.at:], unicode.IsSpace))
	_, size := utf8.DecodeRuneInString(e.text[e.at:])
	return e.text[e.at : e.at+size]
}

// skipClose skips a closing parenthesis.
func (e *expressions) skipClose() bool {
	if e.peekRune() != ")" {
		return false
	}
	e.at++
	return true
}

// readAtom reads a word, in quotes or without.
func (e *expressions) readAtom() (string, error) {
	switch next := e.peekRune(); next {
	case "":
		return "", e.errorAt("", "a closing parenthesis is missing")
	case "(":
		return "", e.errorAt(next, "is one parenthesis too many")
	case `"`:
		return e.readQuoted()
	}
	rest := e.text[e.at:]
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) })
	if end < 0 {
		end = len(rest)
	}
	e.at += end
	return rest[:end], nil
}

// readQuoted reads "…", in which a backslash escapes a quote or a backslash.
func (e *expressions) readQuoted() (string, error) {
	var b strings.Builder
	rest := e.text[e.at:]
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '"':
			e.at += i + 1
			return b.String(), nil
		case rest[i] == '\\' && i+1 < len(rest):
			i++
		}
		b.WriteByte(rest[i])
	}
	return "", e.errorAt(rest, "has no closing quote")
}

func (e *expressions) errorAt(word, text string) error {
	if word == "" && !strings.HasPrefix(text, "a ") {
		word = "the end"
	}
	return &stanza.WordError{At: e.at, Word: word, Text: text}
}

// formatExpression writes the names as an S-expression.
func (ns Names) formatExpression() string {
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = "(" + quote(n.Name) + ")"
		if n.Space != "" {
			parts[i] = "(" + quote(n.Space) + " " + quote(n.Name) + ")"
		}
	}
	return "(" + strings.Join(parts, " ") + ")"
}
