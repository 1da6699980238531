package syntax

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// literalText is an expression of one text, with all that belongs to it.
type literalText struct {
	template hclsyntax.TemplateExpr
	literal  hclsyntax.LiteralValueExpr
	parts    [1]hclsyntax.Expression
}

// set makes it the expression of a text; inner is its range without what encloses it.
func (t *literalText) set(text string, at, inner hcl.Range) *hclsyntax.TemplateExpr {
	t.literal = hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: inner}
	t.parts[0] = &t.literal
	t.template = hclsyntax.TemplateExpr{Parts: t.parts[:], SrcRange: at}
	return &t.template
}

// readText reads a text in quotes, without sequences, into t.
func (r *reader) readText(t *literalText) bool {
	start := r.pos
	text, ok := r.readQuoted()
	if !ok {
		return false
	}
	inner := r.span(start+1, r.pos-1)
	if start+2 == r.pos { // of a text without anything HCL says that it stands behind the quotes
		inner = r.span(r.pos, r.pos)
	}
	t.set(text, r.span(start, r.pos), inner)
	return true
}

// readQuoted reads a text in quotes up to behind the second, and returns what it means.
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

// isEscape reports whether a letter behind a backslash means another one. Those that
// numbers name are for HCL.
func isEscape(c byte) bool {
	return c == 'n' || c == 'r' || c == 't' || c == '"' || c == '\\'
}

// isPlainSign reports whether the dollar or per cent sign at i is literal.
func isPlainSign(src []byte, i int) bool { return i+1 == len(src) || src[i+1] != '{' }

// unescape resolves the escapes of a text that has that many, and none of a letter by
// its number.
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

// readHeredoc reads a heredoc without sequences, up to before the end of its last line.
// Its text may hold any letters, for each of its lines begins in the first column.
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

// heredoc is the lines of a heredoc.
type heredoc struct {
	start  hcl.Pos
	from   int // offset of the text
	count  int
	indent int  // spaces that begin every line which has more than spaces
	full   bool // there is such a line
	blank  bool // the first line has spaces alone
}

// add notes a line; false: it is for HCL.
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
		return false // a space of another kind, or an accent of the last one
	case !h.full:
		h.full, h.indent = true, spaces
	default:
		h.indent = min(h.indent, spaces)
	}
	return true
}

// countSpaces counts the white space of ASCII that a line begins with.
func countSpaces(line []byte) int {
	for i, c := range line {
		if c != ' ' && (c < '\t' || c > '\r') {
			return i
		}
	}
	return len(line)
}

// cut takes the indentation off the lines that have more than spaces.
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
