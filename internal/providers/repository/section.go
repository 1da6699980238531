package repository

import (
	"bytes"
	"slices"
	"strings"

	"converge/internal/resource"
)

// section is one section of pacman.conf(5).
type section struct {
	found    bool
	text     []byte
	from, to int    // its place in the file
	start    int    // the beginning of the comments above it
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

// sectionsOf lists the sections of a file. Comments directly above a header belong to its section.
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

// findSection finds the section of a repository: from its header to the beginning of the next one's comments.
func findSection(text []byte, name string) section {
	names, starts, headers := sectionsOf(text)
	i := slices.Index(names, name)
	if i < 0 {
		return section{}
	}
	s := section{found: true, start: starts[i], from: headers[i], to: len(text)}
	if i+1 < len(names) {
		s.to, s.next = starts[i+1], names[i+1]
	}
	s.text = text[s.from:s.to]
	return s
}

// isBefore reports whether the section of a repository comes before that of another; "" means that it is the last. A
// missing section counts as after all others.
func isBefore(text []byte, name, other string) bool {
	names, _, _ := sectionsOf(text)
	own, at := slices.Index(names, name), slices.Index(names, other)
	if other == "" {
		return own == len(names)-1
	}
	return at < 0 || own <= at
}

// withSection returns the file with that text as the section with the name: in its place if that is before the named
// section, otherwise before that one, or at the end. All other bytes stay. Without a place, a section stays where it
// is. An empty text removes it.
func withSection(text []byte, name string, with []byte, before resource.Opt[string]) []byte {
	s := findSection(text, name)
	switch {
	case len(with) == 0:
		return withoutSection(text, name)
	case !s.found:
		return insertSection(text, with, before.Value)
	}
	end := s.text[len(bytes.TrimRight(s.text, "\n")):] // keeps the empty lines after it
	with = slices.Concat(bytes.TrimRight(with, "\n"), end)
	if !before.Set || isBefore(text, name, before.Value) {
		return slices.Concat(text[:s.from], with, text[s.to:])
	}
	moved := slices.Concat(text[s.start:s.from], with)
	return insertSection(slices.Concat(text[:s.start], text[s.to:]), moved, before.Value)
}

// insertSection inserts a new section before the named one, or at the end.
func insertSection(text, with []byte, before string) []byte {
	names, starts, _ := sectionsOf(text)
	if i := slices.Index(names, before); before != "" && i >= 0 {
		if with[len(with)-1] != '\n' {
			with = slices.Concat(with, []byte("\n"))
		}
		return slices.Concat(text[:starts[i]], with, text[starts[i]:])
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = slices.Concat(text, []byte("\n"))
	}
	return slices.Concat(text, with)
}

// withoutSection returns the file without the named section.
func withoutSection(text []byte, name string) []byte {
	s := findSection(text, name)
	return slices.Concat(text[:s.from], text[s.to:])
}
