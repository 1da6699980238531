package edit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// alone is the meaning of a name alone in a line of an ini file. The zero value is for programs that ignore such a
// line.
type alone struct {
	isTrue bool   // a name alone is true
	always bool   // the program reads true only from a name alone, not from behind '='
	begins string // prefix of names that may also be alone, with blanks between several
}

// values reads and writes the values of assignments, including names without a value.
type values struct{ flat }

// isTrue reports whether a name alone has that value.
func (f values) isTrue(value any) bool {
	if b, is := value.(bool); is {
		return b && f.alone.isTrue
	}
	text, ok := value.(string)
	if text == "" {
		return ok && f.alone.isWritten()
	}
	return ok && f.alone.isTrue && slices.ContainsFunc(f.Dialect.booleanWords(true), func(word string) bool { return strings.EqualFold(word, text) })
}

// isWritten reports whether the program has options without a value. A comment with one name is such an option, and
// the empty value represents it.
func (n alone) isWritten() bool { return n.always || n.begins != "" }

// assignAlone parses a line without a separator behind the name, which begins at an index of the text.
func (f rules) assignAlone(r row, a assignment, at int) (assignment, bool) {
	name := r.text[at:]
	name = name[:f.values.end(name)]
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case !f.alone.isTrue, strings.ContainsAny(name, " \t\"'"):
		return a, false
	case first != '_' && !unicode.IsLetter(first) && !unicode.IsDigit(first):
		return a, false
	case a.commented && (!f.alone.isWritten() || at > len(a.indent)+1): // behind a blank it may be prose
		return a, false
	}
	a.name, a.value, a.stop = name, r.start+at+len(name), r.start+at+len(name)
	return a, true
}

// isAlone reports whether an assignment is a name alone.
func (f rules) isAlone(a assignment) bool { return f.alone.isTrue && a.sep == "" }

// read returns the value of an assignment. A name alone has the wanted value if its program reads it so.
func (f values) read(a assignment, text string) (string, error) {
	wanted, isText := f.Value.(string)
	switch {
	case !f.isAlone(a):
		value, err := f.decode(a.name, a.sep, text)
		if f.alone.always && f.isTrue(value) {
			value = strings.TrimSpace(strings.TrimSpace(a.sep) + " " + value) // this is another value
		}
		return value, err
	case f.Items != nil:
		return "", nil
	case isText && f.isTrue(wanted):
		return wanted, nil
	}
	return f.Dialect.WriteBool(true), nil
}

// standsAlone reports whether a name alone represents a value, in place of an assignment, or in a new line (nil).
func (f values) standsAlone(value any, old *assignment) bool {
	switch {
	case !f.isTrue(value):
		return false
	case f.alone.always:
		return true
	case old != nil:
		return old.sep == ""
	}
	name := f.fold(f.Key)
	return slices.ContainsFunc(strings.Fields(f.alone.begins), func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// behindName returns the text behind the name in a line that gives the key a value, in place of an assignment.
func (f values) behindName(src []byte, a assignment, value any, sep string) (string, error) {
	if f.standsAlone(value, &a) {
		return "", nil
	}
	text, err := f.encodeOver(src, a, value, sep)
	return f.behindSep(sep, text), err
}

// behindSep returns a value with the separator before it, without a trailing blank.
func (f rules) behindSep(sep, text string) string {
	if f.blank && text == "" {
		return ""
	}
	return sep + text
}
