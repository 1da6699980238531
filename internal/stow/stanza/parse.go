package stanza

import (
	"strings"
	"unicode/utf8"
)

// parser is the state of one Parse.
type parser struct {
	doc      *Document
	stanza   *Stanza  // the current one; nil between two
	field    *Field   // the current one; nil at the beginning of a stanza
	pending  []string // comments and empty lines above the next field
	line     int      // its number
	problems Problems
}

// Parse reads a file. The document contains everything that could be read; the error, if any, is [Problems] with all
// problems. A file without a stanza returns an empty document.
func Parse(name string, data []byte) (*Document, error) {
	p := &parser{doc: &Document{Name: name}}
	for line := range strings.Lines(string(data)) {
		p.line++
		p.parseLine(strings.TrimSuffix(line, "\n"))
	}
	p.doc.tail = p.pending
	p.doc.cut = len(data) > 0 && data[len(data)-1] != '\n'
	return p.doc, p.problems.Err()
}

func (p *parser) parseLine(line string) {
	bad := badText(line)
	switch {
	case bad != "":
		p.complain(strings.TrimSpace(line), bad)
		p.pending = append(p.pending, line)
	case strings.HasPrefix(line, "#"):
		p.pending = append(p.pending, line)
	case isBlank(line):
		p.stanza, p.field = nil, nil
		p.pending = append(p.pending, line)
	case line[0] == ' ' || line[0] == '\t':
		p.goOn(line)
	default:
		p.beginStanza(line)
	}
}

// beginStanza handles the first line of a field.
func (p *parser) beginStanza(line string) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !validName(name) {
		p.complain(strings.TrimSpace(line), "is not a field (want NAME: VALUE)")
		p.pending = append(p.pending, line)
		return
	}
	if p.stanza == nil {
		p.stanza = p.doc.Add()
	}
	if _, twice := p.stanza.Get(name); twice {
		p.complain(name, "occurs twice in one stanza")
	}
	p.field = &Field{
		Name: name, Value: strings.TrimSpace(value), Line: p.line,
		file: p.doc.Name, before: p.pending, raw: []string{line}, lines: []int{p.line},
	}
	p.pending = nil
	p.stanza.Fields = append(p.stanza.Fields, p.field)
}

// goOn handles a line that continues a value.
func (p *parser) goOn(line string) {
	text := strings.TrimSpace(line)
	if p.field == nil {
		p.complain(text, "continues nothing: there is no field above it")
		p.pending = append(p.pending, line)
		return
	}
	if text == "." {
		text = ""
	}
	f := p.field
	f.Value += "\n" + text
	f.lines = append(f.lines, p.line)
	f.raw = append(append(f.raw, p.pending...), line) // comments within a value stay within it
	p.pending = nil
}

func (p *parser) complain(word, text string) {
	p.problems = append(p.problems, Problem{File: p.doc.Name, Line: p.line, Word: word, Text: text})
}

func isBlank(line string) bool { return strings.Trim(line, " \t\r") == "" }

// badText explains why a line is not valid text; "" if it is.
func badText(line string) string {
	if !utf8.ValidString(line) {
		return "is not UTF-8"
	}
	for i, r := range line {
		switch {
		case r == '\t', r == '\r' && i == len(line)-1:
		case r < ' ', r >= 0x7f && r < 0xa0:
			return "has a control character in it"
		case r == '\ufeff':
			return "has a byte order mark in it"
		}
	}
	return ""
}

func validName(name string) bool {
	if name == "" || name[0] == '-' || name[0] == '#' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}
