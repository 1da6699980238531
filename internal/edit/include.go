package edit

import "strings"

// Included returns the line from which on a file includes others that take precedence over a setting; 0 if there is
// none. converge does not read them.
func (m *Memo) Included(s *Setting) int {
	if s.Format.IsTyped() || s.Absent {
		return 0
	}
	lines := m.including(s.Dialect)
	if len(lines) == 0 {
		return 0
	}
	read, _ := m.with(s).(*Setting)
	f := flat{read, s.Dialect.rules(s.Format)}
	p, err := f.find(m.body)
	if err != nil {
		return 0
	}
	for _, here := range lines {
		if f.first && (p == nil || here < p.line) || !f.first && p != nil && here > p.line {
			return here
		}
	}
	return 0
}

// includingOf is the key, in a memo, of the lines that include other files.
type includingOf struct{ dialect Dialect }

// including returns the numbers of the lines that include other files.
func (m *Memo) including(d Dialect) []int {
	all := readRows(m, m.body)
	lines, _ := recall(m, m.body, includingOf{d}, func() (lines []int, err error) {
		for i, r := range all {
			if d.includes(strings.TrimSpace(r.text)) {
				lines = append(lines, i+1)
			}
		}
		return lines, nil
	})
	return lines
}

// includes reports whether a line includes other files.
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
