package diag

import (
	"strings"
)

// Sentence returns an error's text as a sentence: capital, full stop.
func Sentence(err error) string { return SentenceOf(err.Error()) }

// SentenceOf returns a text as a sentence: capital, full stop.
func SentenceOf(s string) string {
	if s == "" {
		return s
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// End returns a text with a full stop, if it has no end.
func End(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
