package repository

import (
	"bytes"
	"slices"
	"strings"
)

// section is one section of pacman.conf(5).
type section struct {
	found    bool
	text     []byte
	from, to int    // where it is in the file
	next     string // the section after it, "" if it is the last
}

// heading returns the name of the section that a line begins.
func heading(line []byte) (name string, ok bool) {
	l := strings.TrimSpace(string(line))
	if len(l) < 3 || l[0] != '[' || l[len(l)-1] != ']' {
		return "", false
	}
	return l[1 : len(l)-1], true
}

// sectionsOf lists the sections of a file. Comments that stand directly above a
// header belong to its section.
func sectionsOf(text []byte) (names []string, starts, headers []int) {
	at, comments := 0, -1
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimSpace(line)
		name, ok := heading(line)
		switch {
		case ok:
			start := at
			if comments >= 0 {
				start = comments
			}
			names, starts, headers = append(names, name), append(starts, start), append(headers, at)
			comments = -1
		case len(trimmed) > 0 && trimmed[0] == '#':
			if comments < 0 {
				comments = at
			}
		default:
			comments = -1
		}
		at += len(line)
	}
	return names, starts, headers
}

// findSection finds the section of a repository: from its header to what belongs to
// the next one.
func findSection(text []byte, name string) section {
	names, starts, headers := sectionsOf(text)
	i := slices.Index(names, name)
	if i < 0 {
		return section{}
	}
	s := section{found: true, from: headers[i], to: len(text)}
	if i+1 < len(names) {
		s.to, s.next = starts[i+1], names[i+1]
	}
	s.text = text[s.from:s.to]
	return s
}

// withSection returns the file with that text as the section of the name: in its
// place, or before the named section, or at the end. An empty text removes it. All
// other bytes stay.
func withSection(text []byte, name string, with []byte, before string) []byte {
	s := findSection(text, name)
	if s.found {
		if len(with) > 0 { // the empty lines after it stay
			end := s.text[len(bytes.TrimRight(s.text, "\n")):]
			with = slices.Concat(bytes.TrimRight(with, "\n"), end)
		}
		return slices.Concat(text[:s.from], with, text[s.to:])
	}
	if len(with) == 0 {
		return text
	}
	names, starts, _ := sectionsOf(text)
	if i := slices.Index(names, before); before != "" && i >= 0 {
		return slices.Concat(text[:starts[i]], with, text[starts[i]:])
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = slices.Concat(text, []byte("\n"))
	}
	return slices.Concat(text, with)
}
