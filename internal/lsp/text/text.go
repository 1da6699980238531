// Package text holds the text of a document, and converts between the positions of the protocol, which count UTF-16 code
// units in a line, and offsets in bytes.
//
// Start with [New]. It does not know manifests.
package text

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// Position is a place between two characters. Both numbers begin at 0.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"` // UTF-16 code units from the start of the line
}

// Range is the text from Start up to End.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Text is an immutable text.
type Text struct {
	bytes []byte
	lines []int // offsets at which lines start
}

// New returns a text. The caller must not change b any more.
func New(b []byte) *Text {
	lines := make([]int, 1, bytes.Count(b, []byte("\n"))+1)
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return &Text{b, lines}
		}
		at += n + 1
		lines = append(lines, at)
	}
}

// Bytes returns the text. The caller must not change it.
func (t *Text) Bytes() []byte { return t.bytes }

// Offset returns the offset of a position. For a position outside of the text it returns the nearest one inside, as the
// protocol requires.
func (t *Text) Offset(p Position) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(t.lines):
		return len(t.bytes)
	}
	at, end := t.lines[p.Line], t.endOfLine(p.Line)
	for units := 0; at < end && units < p.Character; {
		r, size := utf8.DecodeRune(t.bytes[at:end])
		if units += unitsOf(r); units > p.Character {
			break // the middle of a surrogate pair
		}
		at += size
	}
	return at
}

// endOfLine returns the offset after the last character of a line.
func (t *Text) endOfLine(line int) int {
	if line+1 == len(t.lines) {
		return len(t.bytes)
	}
	end := t.lines[line+1] - 1
	if end > t.lines[line] && t.bytes[end-1] == '\r' {
		end--
	}
	return end
}

// Position returns the position of an offset.
func (t *Text) Position(offset int) Position {
	offset = min(max(offset, 0), len(t.bytes))
	line := sort.SearchInts(t.lines, offset+1) - 1
	p := Position{Line: line}
	for at := t.lines[line]; at < offset; {
		r, size := utf8.DecodeRune(t.bytes[at:])
		if at += size; at > offset {
			break
		}
		p.Character += unitsOf(r)
	}
	return p
}

// Range returns the range between two offsets.
func (t *Text) Range(start, end int) Range {
	return Range{t.Position(start), t.Position(end)}
}

// Replace returns the text with a range replaced.
func (t *Text) Replace(r Range, by string) *Text {
	start := t.Offset(r.Start)
	end := max(start, t.Offset(r.End))
	out := make([]byte, 0, len(t.bytes)-(end-start)+len(by))
	out = append(append(append(out, t.bytes[:start]...), by...), t.bytes[end:]...)
	return New(out)
}

// unitsOf returns the number of UTF-16 code units of a character. A byte that is not valid UTF-8 counts as one.
func unitsOf(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}
