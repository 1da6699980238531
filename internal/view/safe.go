package view

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"converge/internal/event"
)

// safe makes foreign text fit for one line of a terminal: it decodes the bytes of names, and replaces unprintable
// characters (control characters, escape sequences, bytes that are not UTF-8, marks that change the direction of text)
// by their Go escapes.
func safe(s string) string { return escape(s, false) }

// safeTabs is safe but keeps tabs, for text that is shown as lines.
func safeTabs(s string) string { return escape(s, true) }

func escape(s string, tabs bool) string {
	if !needsEscape(s, tabs) {
		return s
	}
	s = event.Readable(s)
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\t' && tabs, strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}

func needsEscape(s string, tabs bool) bool {
	if isPlainASCII(s) {
		return false
	}
	if strings.Contains(s, `\U`) { // a name that is encoded, and quoted
		return true
	}
	for i, r := range s {
		if r == '\t' && tabs {
			continue
		}
		if !strconv.IsPrint(r) {
			return true
		}
		if r == utf8.RuneError && s[i] != 0xEF { // U+FFFD itself starts with EF
			return true
		}
	}
	return false
}

// isPlainASCII reports whether a text contains only characters that need no escape, as most texts do.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}

// columns returns how many terminal cells s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

func cells(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// clip cuts s to so many cells, with "…" at the end if it was cut.
func clip(s string, most int) string {
	if len(s) <= most || columns(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += cells(r); n > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// wrap breaks a line at spaces so that no part is wider than most cells; a wider
// word is a line of its own. most <= 0: no wrapping.
func wrap(s string, most int) []string {
	if most <= 0 || columns(s) <= most {
		return []string{s}
	}
	var out []string
	line, used := "", 0
	for word := range strings.SplitSeq(s, " ") {
		w := columns(word)
		switch {
		case line == "":
			line, used = word, w
		case used+1+w > most:
			out = append(out, line)
			line, used = word, w
		default:
			line, used = line+" "+word, used+1+w
		}
	}
	return append(out, line)
}
