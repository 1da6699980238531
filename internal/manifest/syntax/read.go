package syntax

import (
	"bytes"
	"maps"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// reader reads the bulk of a manifest: blocks whose values are literals, references, function calls and texts with
// these. It makes the same tree as hclsyntax.ParseConfig, including all places, in a fraction of the time: without a
// list of tokens, and without a search for letters of several characters.
//
// It reports no errors. It leaves a block that it is not sure of to HCL, or the whole text if it is not sure where that
// block ends. So all diagnostics are HCL's, and so are all trees that are not plain.
type reader struct {
	cursor
	depth int // of brackets
	left  int // items that HCL parsed
}

// maxRead is how deep brackets may nest for the reader.
const maxRead = 100

// readPlain reads a chunk; ok is false if HCL must read all of it.
func readPlain(c Chunk) (body *hclsyntax.Body, ok bool) {
	if bytes.IndexByte(c.data, '\r') >= 0 || !utf8.Valid(c.data) {
		return nil, false // HCL counts lines and columns differently there
	}
	return newReader(c).readFile()
}

func newReader(c Chunk) *reader {
	return &reader{cursor: cursor{
		src: c.data, name: c.Doc.Name, from: c.start.Byte,
		line: c.start.Line, home: 1 - c.start.Column, words: map[string]string{},
	}}
}

// readFile reads the items of the text. As in HCL, the body's range begins at the first token that is not a comment, or
// that ends a line.
func (r *reader) readFile() (*hclsyntax.Body, bool) {
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	begun := false
	var start hcl.Pos
	for {
		r.skipSpaces()
		if r.peek(0) == '/' && r.peek(1) == '*' {
			if !r.skipComment() {
				return nil, false
			}
			continue
		}
		if !begun {
			start = r.place(r.pos)
		}
		if r.pos == len(r.src) {
			break
		}
		if r.skipLineEnd() {
			if r.src[r.pos-1] == '\n' {
				begun = true
			}
			continue
		}
		begun = true
		if !isLetter(r.src[r.pos]) {
			return nil, false
		}
		before := *r
		if r.readItem(body) {
			continue
		}
		*r = before
		if !r.parseItem(body) {
			return nil, false
		}
	}
	end := r.place(r.pos)
	body.SrcRange = hcl.Range{Filename: r.name, Start: start, End: end}
	body.EndRange = hcl.Range{Filename: r.name, Start: end, End: end}
	return body, !r.lost
}

// parseItem lets HCL parse the item that begins here, up to the end of its last line.
func (r *reader) parseItem(body *hclsyntax.Body) bool {
	s := scanner{src: r.src[r.pos:]}
	if !s.scanItem() {
		return false
	}
	file, diags := hclsyntax.ParseConfig(s.src[:s.pos], r.name, r.place(r.pos))
	if len(diags) > 0 {
		return false
	}
	r.left++
	item := file.Body.(*hclsyntax.Body)
	for name := range item.Attributes {
		if body.Attributes[name] != nil {
			return false
		}
	}
	maps.Copy(body.Attributes, item.Attributes)
	body.Blocks = append(body.Blocks, item.Blocks...)
	r.pos += s.pos
	r.line += s.line - 1
	r.home = r.pos + 1 - item.EndRange.End.Column
	return true
}
