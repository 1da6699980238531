package stanza

import (
	"errors"
	"slices"
	"strings"
)

// Document is a file of stanzas.
type Document struct {
	Name    string // of the file, for problems
	Stanzas []*Stanza
	tail    []string // comments and empty lines after the last field
	above   []string // comments for the next new field
	cut     bool     // the last line has no newline
}

// Stanza is one group of fields.
type Stanza struct {
	Fields []*Field
	doc    *Document
}

// Field is one field of a stanza.
type Field struct {
	Name  string // as spelled in the file
	Value string // without the blanks around each line; "\n" separates lines
	Line  int    // of its name; 0 for a field added by Set

	file   string
	before []string // comments and empty lines above it
	raw    []string // its lines as read, with comments; nil for a field added by Set
	lines  []int    // of each line of Value
}

// New returns an empty document with one empty stanza.
func New(name string) *Document {
	d := &Document{Name: name}
	d.Add()
	return d
}

// Add appends an empty stanza.
func (d *Document) Add() *Stanza {
	s := &Stanza{doc: d}
	d.Stanzas = append(d.Stanzas, s)
	return s
}

// Comment appends comment lines before the next new field.
func (d *Document) Comment(lines ...string) {
	for _, l := range lines {
		d.above = append(d.above, strings.TrimRight("# "+l, " "))
	}
}

// Bytes returns the content of the file.
func (d *Document) Bytes() []byte {
	var b strings.Builder
	put := func(lines []string) {
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	first := true
	for _, s := range d.Stanzas {
		for i, f := range s.Fields {
			if i == 0 && !first && !slices.ContainsFunc(f.before, isBlank) {
				b.WriteString("\n")
			}
			first = false
			put(f.before)
			if f.raw != nil {
				put(f.raw)
			} else {
				put(f.renderField())
			}
		}
	}
	put(d.tail)
	put(d.above)
	if d.cut {
		return []byte(strings.TrimSuffix(b.String(), "\n"))
	}
	return []byte(b.String())
}

// renderField writes a field that Set has set.
func (f *Field) renderField() []string {
	lines := strings.Split(f.Value, "\n")
	out := []string{strings.TrimRight(f.Name+": "+lines[0], " ")}
	for _, l := range lines[1:] {
		if l == "" {
			l = "."
		}
		out = append(out, " "+l)
	}
	return out
}

func (s *Stanza) indexOf(name string) int {
	return slices.IndexFunc(s.Fields, func(f *Field) bool { return strings.EqualFold(f.Name, name) })
}

// Get returns a field; the case of the name does not matter.
func (s *Stanza) Get(name string) (*Field, bool) {
	i := s.indexOf(name)
	if i < 0 {
		return nil, false
	}
	return s.Fields[i], true
}

// Value returns a field's value, "" if there is none.
func (s *Stanza) Value(name string) string {
	if f, ok := s.Get(name); ok {
		return f.Value
	}
	return ""
}

// Line returns the first line of the stanza, 0 if it was not read from a file.
func (s *Stanza) Line() int {
	if len(s.Fields) == 0 {
		return 0
	}
	return s.Fields[0].Line
}

// Set sets the value of a field: in its place if it exists, else at the end of the stanza. A field with an equal value
// keeps its lines.
func (s *Stanza) Set(name, value string) error {
	lines := strings.Split(value, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
		bad := badText(l)
		if i > 0 && lines[i] == "." {
			bad = "has a line that is a full stop" // an empty line is written as a full stop
		}
		if bad != "" {
			return errors.New("cannot write field " + name + ": its value " + bad)
		}
	}
	if !validName(name) {
		return errors.New("cannot write field " + name + ": that is not a field's name")
	}
	value = strings.Join(lines, "\n")
	f, ok := s.Get(name)
	if !ok {
		f = &Field{Name: name, file: s.doc.Name, before: s.doc.above}
		s.doc.above = nil
		s.Fields = append(s.Fields, f)
	} else if f.Value == value {
		return nil
	}
	f.Value, f.raw, f.lines, s.doc.cut = value, nil, nil, false
	return nil
}

// Remove removes a field; comments above it move to the next field.
func (s *Stanza) Remove(name string) {
	i := s.indexOf(name)
	if i < 0 {
		return
	}
	above := s.Fields[i].before
	s.Fields = slices.Delete(s.Fields, i, i+1)
	switch {
	case i < len(s.Fields):
		s.Fields[i].before = append(above, s.Fields[i].before...)
	case s == s.doc.Stanzas[len(s.doc.Stanzas)-1]:
		s.doc.tail = append(above, s.doc.tail...)
	}
}

// Problem returns err as a problem of the field's value, at the line and word that a [WordError] names.
func (f *Field) Problem(err error) Problem {
	var we *WordError
	if !errors.As(err, &we) {
		return Problem{File: f.file, Line: f.Line, Word: f.Name, Text: "is wrong: " + err.Error()}
	}
	line := f.Line
	if n := strings.Count(f.Value[:min(max(we.At, 0), len(f.Value))], "\n"); n < len(f.lines) {
		line = f.lines[n]
	}
	return Problem{File: f.file, Line: line, Word: we.Word, Text: we.Text}
}

// Problem returns a problem of the stanza as a whole.
func (s *Stanza) Problem(word, text string) Problem {
	return Problem{File: s.doc.Name, Line: s.Line(), Word: word, Text: text}
}
