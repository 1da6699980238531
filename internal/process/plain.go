package process

import (
	"regexp"
	"strings"
)

// Plain is text without the escape sequences of terminals and other control
// characters: what a unit or a maintainer script prints may be in colour.
func Plain(s string) string {
	s = escapePattern().ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// escapePattern are the control sequences of ECMA-48 (colours, movements) and of
// operating systems (titles, links), which end with BEL or ESC \.
func escapePattern() *regexp.Regexp {
	return regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\-_])")
}
