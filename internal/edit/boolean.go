package edit

import (
	"slices"
	"strings"
)

// booleanWords returns the words by which the program of a dialect knows true or false. The first one is written; the
// others are read as equal, in any case. If the program that reads a file is not known, no other word is equal.
func (d Dialect) booleanWords(value bool) []string {
	yes, no := "true", "false"
	switch d {
	case SSH, Shadow:
		yes, no = "yes", "no"
	case Systemd:
		yes, no = "yes y true t on 1", "no n false f off 0"
	case PHP:
		yes, no = "On true yes 1", "Off false no none 0"
	case MySQL:
		yes, no = "ON true 1", "OFF false 0"
	case Postgres: // the beginning of a word suffices
		yes, no = "on true tru tr t yes ye y 1", "off of false fals fal fa f no n 0"
	case Sysctl:
		yes, no = "1", "0"
	}
	if value {
		return strings.Fields(yes)
	}
	return strings.Fields(no)
}

// isKnown reports whether the program that reads a value is known.
func (d Dialect) isKnown() bool { return d != Common && d != Environment && d != Dotenv }

// WriteBool returns the word for a boolean in files of a dialect.
func (d Dialect) WriteBool(value bool) string { return d.booleanWords(value)[0] }

// isValue reports whether a value that was read is the wanted one.
func (s *Setting) isValue(have any) bool {
	value, ok := s.Value.(bool)
	if !ok || s.Format.IsTyped() {
		return isUnquoted(have) == isUnquoted(s.Value) && equal(have, s.Value)
	}
	text, _ := have.(string)
	return slices.ContainsFunc(s.Dialect.booleanWords(value), func(word string) bool {
		return word == text || s.Dialect.isKnown() && strings.EqualFold(word, text)
	})
}
