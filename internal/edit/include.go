package edit

import (
	"bytes"
	"strings"
)

// Included returns the line from which on a file takes in others that count more than a
// setting does; 0 if there is none. converge does not read them.
func (s *Setting) Included(src []byte) int {
	if s.Format.IsTyped() || s.Absent {
		return 0
	}
	f := flat{s, s.Dialect.rules(s.Format)}
	src = bytes.TrimPrefix(src, []byte(utf8BOM))
	p, err := f.find(src)
	if err != nil {
		return 0
	}
	for i, r := range rows(src) {
		switch here := i + 1; {
		case !s.Dialect.includes(strings.TrimSpace(r.text)):
		case f.first && (p == nil || here < p.line), !f.first && p != nil && here > p.line:
			return here
		}
	}
	return 0
}

// includes reports whether a line takes in other files.
func (d Dialect) includes(line string) bool {
	word := line
	if i := strings.IndexAny(line, " \t="); i > 0 {
		word = strings.ToLower(line[:i])
	}
	switch d {
	case SSH:
		return word == "include"
	case Postgres:
		return word == "include" || word == "include_dir" || word == "include_if_exists"
	case MySQL:
		return word == "!include" || word == "!includedir"
	}
	return false
}
