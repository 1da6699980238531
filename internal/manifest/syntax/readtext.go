package syntax

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// literalText is a literal text expression, allocated with all its parts.
type literalText struct {
	template hclsyntax.TemplateExpr
	literal  hclsyntax.LiteralValueExpr
	parts    [1]hclsyntax.Expression
}

// set sets the text of the expression; inner is its range without the delimiters.
func (t *literalText) set(text string, at, inner hcl.Range) *hclsyntax.TemplateExpr {
	t.literal = hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: inner}
	t.parts[0] = &t.literal
	t.template = hclsyntax.TemplateExpr{Parts: t.parts[:], SrcRange: at}
	return &t.template
}

// readText reads a quoted text without sequences into t.
func (r *reader) readText(t *literalText) bool {
	start := r.pos
	text, ok := r.readQuoted()
	if !ok {
		return false
	}
	inner := r.span(start+1, r.pos-1)
	if start+2 == r.pos { // HCL places an empty text after the quotes
		inner = r.span(r.pos, r.pos)
	}
	t.set(text, r.span(start, r.pos), inner)
	return true
}

// readQuoted reads a text in quotes, including both quotes, and returns its value.
func (r *reader) readQuoted() (string, bool) {
	start := r.pos + 1
	escapes := 0
	for i := start; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '"':
			r.pos = i + 1
			return unescape(r.src[start:i], escapes), true
		case c == '\\':
			i++
			escapes++
			if i == len(r.src) || !isEscape(r.src[i]) {
				return "", false
			}
		case c == '$' || c == '%':
			if !isPlainSign(r.src, i) {
				return "", false
			}
		case c == '\n' || c >= utf8.RuneSelf:
			return "", false
		}
	}
	return "", false
}

// isEscape reports whether a letter after a backslash is a simple escape. HCL reads escapes by number.
func isEscape(c byte) bool {
	return c == 'n' || c == 'r' || c == 't' || c == '"' || c == '\\'
}

// isPlainSign reports whether the dollar or percent sign at i is literal.
func isPlainSign(src []byte, i int) bool { return i+1 == len(src) || src[i+1] != '{' }

// unescape resolves the escapes of a text; escapes is their number, and none of them is by number.
func unescape(text []byte, escapes int) string {
	if escapes == 0 {
		return string(text)
	}
	var out strings.Builder
	out.Grow(len(text) - escapes)
	for {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			out.Write(text)
			return out.String()
		}
		out.Write(text[:n])
		c := text[n+1]
		switch c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		out.WriteByte(c)
		text = text[n+2:]
	}
}

// readHeredoc reads a heredoc without sequences, excluding the end of its last line. Its text may contain any letters,
// because each line begins in the first column.
func (r *reader) readHeredoc() (hclsyntax.Expression, bool) {
	open := r.place(r.pos)
	marker, flush, ok := r.readMarker()
	if !ok {
		return nil, false
	}
	lines := heredoc{start: r.place(r.pos), from: r.pos}
	for {
		n := bytes.IndexByte(r.src[r.pos:], '\n')
		if n < 0 {
			return nil, false
		}
		line := r.src[r.pos : r.pos+n]
		if bytes.Equal(bytes.TrimSpace(line), marker) {
			break
		}
		if !lines.add(line, flush) {
			return nil, false
		}
		r.pos += n
		r.skipLineEnd()
	}
	text := r.src[lines.from:r.pos]
	end := r.place(r.pos)
	r.pos += bytes.IndexByte(r.src[r.pos:], '\n')
	if !isASCII(r.src[r.home:r.pos]) {
		return nil, false
	}
	at := hcl.Range{Filename: r.name, Start: open, End: r.place(r.pos)}
	if len(text) == 0 {
		return new(literalText).set("", at, hcl.Range{Filename: r.name, Start: at.End, End: at.End}), true
	}
	inner := hcl.Range{Filename: r.name, Start: lines.start, End: end}
	if !flush || lines.indent == 0 {
		return new(literalText).set(string(text), at, inner), true
	}
	if !lines.blank {
		inner.Start.Column += lines.indent
		inner.Start.Byte += lines.indent
	}
	return new(literalText).set(lines.cut(text), at, inner), true
}

// heredoc holds the lines of a heredoc.
type heredoc struct {
	start  hcl.Pos
	from   int // offset of the text
	count  int
	indent int  // spaces that begin every line which has more than spaces
	full   bool // a line has more than spaces
	blank  bool // the first line has only spaces
}

// add adds a line; false: HCL must read it.
func (h *heredoc) add(line []byte, flush bool) bool {
	for i, c := range line {
		if (c == '$' || c == '%') && !isPlainSign(line, i) {
			return false
		}
	}
	if !flush {
		return true
	}
	h.count++
	spaces := countSpaces(line)
	switch {
	case spaces == len(line):
		h.blank = h.blank || h.count == 1
	case line[spaces] >= utf8.RuneSelf:
		return false // a space that is not ASCII, or an accent of the last one
	case !h.full:
		h.full, h.indent = true, spaces
	default:
		h.indent = min(h.indent, spaces)
	}
	return true
}

// countSpaces counts the ASCII white space at the beginning of a line.
func countSpaces(line []byte) int {
	for i, c := range line {
		if c != ' ' && (c < '\t' || c > '\r') {
			return i
		}
	}
	return len(line)
}

// cut removes the common indentation from lines that have more than spaces.
func (h *heredoc) cut(text []byte) string {
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		if countSpaces(line) < len(line) {
			line = line[h.indent:]
		}
		out = append(out, line...)
	}
	return string(out)
}
