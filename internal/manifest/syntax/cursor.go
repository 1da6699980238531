package syntax

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
)

// cursor is a position in a text. It tracks lines and columns as HCL counts them.
type cursor struct {
	src   []byte
	name  string            // of the file
	from  int               // offset of src in the file
	pos   int               // in src
	line  int               // of pos
	home  int               // offset in src of the first column of that line; negative if src begins within one
	lost  bool              // the column of pos is not known
	words map[string]string // names read so far, because most occur many times
}

// place returns the place of an offset in the current line. The text before it in the line must be ASCII.
func (c *cursor) place(pos int) hcl.Pos {
	return hcl.Pos{Line: c.line, Column: pos - c.home + 1, Byte: c.from + pos}
}

// span returns a range within the current line.
func (c *cursor) span(from, to int) hcl.Range {
	return hcl.Range{Filename: c.name, Start: c.place(from), End: c.place(to)}
}

// peek returns the byte n after the current one, 0 after the end.
func (c *cursor) peek(n int) byte {
	if c.pos+n < len(c.src) {
		return c.src[c.pos+n]
	}
	return 0
}

func (c *cursor) skipSpaces() {
	for c.pos < len(c.src) && (c.src[c.pos] == ' ' || c.src[c.pos] == '\t') {
		c.pos++
	}
}

// skipLineEnd skips the end of a line, and the comment before it.
func (c *cursor) skipLineEnd() bool {
	if c.atComment() {
		n := bytes.IndexByte(c.src[c.pos:], '\n')
		if n < 0 {
			c.lost = c.lost || !isASCII(c.src[c.pos:])
			c.pos = len(c.src)
			return true
		}
		c.pos += n
	}
	if c.peek(0) != '\n' {
		return false
	}
	c.pos++
	c.line++
	c.home = c.pos
	return true
}

// atComment reports whether a comment to the end of the line begins here.
func (c *cursor) atComment() bool {
	first := c.peek(0)
	return first == '#' || first == '/' && c.peek(1) == '/'
}

// skipComment skips a comment of the form /* */.
func (c *cursor) skipComment() bool {
	n := bytes.Index(c.src[c.pos+2:], []byte("*/"))
	if n < 0 {
		return false
	}
	text := c.src[c.pos : c.pos+n+4]
	if end := bytes.LastIndexByte(text, '\n'); end >= 0 {
		c.line += bytes.Count(text, []byte("\n"))
		c.home = c.pos + end + 1
	}
	c.pos += len(text)
	return isASCII(c.src[max(0, c.home):c.pos])
}

// endsItem reports whether the line ends here, as it must after a block or an attribute. It does not consume the end.
func (c *cursor) endsItem() bool {
	c.skipSpaces()
	return c.pos == len(c.src) || c.src[c.pos] == '\n' || c.atComment()
}

// skipBlank skips spaces, line ends, and comments up to a line end.
func (c *cursor) skipBlank() {
	for c.skipSpaces(); c.skipLineEnd(); c.skipSpaces() {
	}
}

func (c *cursor) skipDigits() {
	for isDigit(c.peek(0)) {
		c.pos++
	}
}

// readName reads a name in ASCII.
func (c *cursor) readName() (string, hcl.Range, bool) {
	start := c.pos
	if !isLetter(c.peek(0)) {
		return "", hcl.Range{}, false
	}
	for c.pos < len(c.src) && isMarkerByte(c.src[c.pos]) {
		c.pos++
	}
	if c.peek(0) >= 0x80 {
		return "", hcl.Range{}, false
	}
	return c.intern(c.src[start:c.pos]), c.span(start, c.pos), true
}

// readMarker reads <<MARKER or <<-MARKER and the end of that line.
func (c *cursor) readMarker() (marker []byte, flush, ok bool) {
	if c.peek(1) != '<' {
		return nil, false, false
	}
	c.pos += 2
	if flush = c.peek(0) == '-'; flush {
		c.pos++
	}
	start := c.pos
	if !isLetter(c.peek(0)) {
		return nil, false, false
	}
	for isMarkerByte(c.peek(0)) {
		c.pos++
	}
	marker = c.src[start:c.pos]
	return marker, flush, c.peek(0) == '\n' && c.skipLineEnd()
}

// intern returns the text as a string that equal names share.
func (c *cursor) intern(text []byte) string {
	if word, ok := c.words[string(text)]; ok {
		return word
	}
	word := string(text)
	c.words[word] = word
	return word
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// isLetter reports whether an ASCII name can begin with c. HCL reads names that begin with other letters.
func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
