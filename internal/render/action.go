package render

import (
	"strings"
	"unicode"
)

// action is one {{ … }} of a template.
type action struct {
	at     int    // the byte of its {{
	end    int    // the byte behind its }}, or the end of the text if it is not closed
	text   string // the text between the braces, without blanks and trim marks
	closed bool
}

// listActions returns the actions of a template in their order. It also reads texts that the parser refuses.
func listActions(source string) []action {
	var out []action
	for from := 0; ; {
		i := strings.Index(source[from:], "{{")
		if i < 0 {
			return out
		}
		a := action{at: from + i}
		a.end, a.closed = closeAction(source, a.at+len("{{"))
		inside := strings.TrimSuffix(source[a.at+len("{{"):a.end], "}}")
		inside = strings.TrimPrefix(strings.TrimSuffix(inside, " -"), "- ")
		a.text = strings.TrimSpace(inside)
		out = append(out, a)
		from = a.end
	}
}

// closeAction returns the byte behind the }} that ends an action. Quotes and comments may contain braces; an action
// with an open quote ends with its line.
func closeAction(source string, from int) (end int, closed bool) {
	if comment := strings.TrimLeft(source[from:], "- "); strings.HasPrefix(comment, "/*") {
		if i := strings.Index(source[from:], "*/"); i >= 0 {
			from += i
		}
	}
	quote := byte(0)
	for i := from; i < len(source); i++ {
		switch c := source[i]; {
		case quote == 0 && strings.HasPrefix(source[i:], "}}"):
			return i + len("}}"), true
		case quote == 0 && (c == '"' || c == '`'):
			quote = c
		case quote == 0 && strings.HasPrefix(source[i:], "{{"):
			return i, false
		case quote == '"' && c == '\\':
			i++
		case quote == '"' && c == '\n':
			return i, false
		case c == quote:
			quote = 0
		}
	}
	return len(source), false
}

// keyword is the first word of an action.
func (a action) keyword() string {
	word, _, _ := strings.Cut(a.text, " ")
	return word
}

// opens reports whether an action begins a part that {{ end }} closes.
func (a action) opens() bool {
	switch a.keyword() {
	case "if", "range", "with", "define", "block":
		return true
	}
	return false
}

// find returns the place of a word in an action, outside of quotes. It counts from the beginning of the source.
func (a action) find(source, word string) (at int, ok bool) {
	quote := byte(0)
	for i := a.at; i+len(word) <= a.end; i++ {
		c := source[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case strings.HasPrefix(source[i:a.end], word) && standsAlone(source, i, i+len(word)):
			return i, true
		case c == '"' || c == '`':
			quote = c
		}
	}
	return 0, false
}

// standsAlone reports whether the bytes between two places are a whole word.
func standsAlone(source string, from, to int) bool {
	isWord := func(b byte) bool { return b == '_' || unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b)) }
	if !isWord(source[from]) {
		return true
	}
	before := from > 0 && (isWord(source[from-1]) || source[from-1] == '.' || source[from-1] == '$')
	return !before && (to >= len(source) || !isWord(source[to]))
}

// inside returns the actions around a place that move the dot: range, with, define and block.
func inside(source string, at int) []action {
	var open []action
	for _, a := range listActions(source) {
		switch {
		case a.at >= at:
			return movesDot(open)
		case a.opens():
			open = append(open, a)
		case a.keyword() == "end" && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	return movesDot(open)
}

func movesDot(open []action) []action {
	var out []action
	for _, a := range open {
		if a.keyword() != "if" {
			out = append(out, a)
		}
	}
	return out
}
