package syntax

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// readItem reads a block or an attribute into body. It does not consume the line end.
func (r *reader) readItem(body *hclsyntax.Body) bool {
	name, at, ok := r.readName()
	if !ok {
		return false
	}
	r.skipSpaces()
	if r.peek(0) != '=' {
		b, ok := r.readBlock(name, at)
		if ok = ok && r.endsItem(); ok {
			body.Blocks = append(body.Blocks, b)
		}
		return ok
	}
	a, ok := r.readAttribute(name, at)
	if !ok || !r.endsItem() || body.Attributes[name] != nil {
		return false
	}
	body.Attributes[name] = a
	return true
}

// readAttribute reads an attribute from its equals sign on.
func (r *reader) readAttribute(name string, at hcl.Range) (*hclsyntax.Attribute, bool) {
	equals := r.span(r.pos, r.pos+1)
	r.pos++
	if c := r.peek(0); c == '=' || c == '>' {
		return nil, false
	}
	r.skipSpaces()
	var a *hclsyntax.Attribute
	var value hclsyntax.Expression
	ok := false
	if r.peek(0) == '"' { // the usual case
		plain := &struct {
			attribute hclsyntax.Attribute
			text      literalText
		}{}
		a, value = &plain.attribute, &plain.text.template
		before := r.pos
		ok = r.readText(&plain.text)
		if !ok {
			r.pos = before
			value, ok = r.readTemplate()
		}
	} else {
		a = &hclsyntax.Attribute{}
		value, ok = r.readValue()
	}
	if !ok {
		return nil, false
	}
	*a = hclsyntax.Attribute{Name: name, Expr: value, SrcRange: hcl.RangeBetween(at, value.Range()), NameRange: at, EqualsRange: equals}
	return a, true
}

// plainBlock is a block allocated with all its parts; most blocks have one label.
type plainBlock struct {
	block  hclsyntax.Block
	body   hclsyntax.Body
	labels [1]string
	ranges [1]hcl.Range
}

// readBlock reads a block, starting after its type.
func (r *reader) readBlock(kind string, at hcl.Range) (*hclsyntax.Block, bool) {
	plain := &plainBlock{block: hclsyntax.Block{Type: kind, TypeRange: at}}
	b := &plain.block
	b.Body = &plain.body
	for r.peek(0) != '{' {
		label, at, ok := r.readLabel()
		if !ok {
			return nil, false
		}
		if b.Labels == nil {
			b.Labels, b.LabelRanges = plain.labels[:0:1], plain.ranges[:0:1]
		}
		b.Labels, b.LabelRanges = append(b.Labels, label), append(b.LabelRanges, at)
		r.skipSpaces()
	}
	if r.depth++; r.depth > maxRead {
		return nil, false
	}
	b.OpenBraceRange = r.span(r.pos, r.pos+1)
	r.pos++
	r.skipSpaces()
	read := r.readLine
	if c := r.peek(0); c == '\n' || c == '}' || r.atComment() {
		read = r.readBody
	}
	if !read(b) {
		return nil, false
	}
	r.depth--
	return b, true
}

func (r *reader) readLabel() (string, hcl.Range, bool) {
	if r.peek(0) != '"' {
		return r.readName()
	}
	start := r.pos
	text, ok := r.readQuoted()
	return text, r.span(start, r.pos), ok
}

// readBody reads the lines of a block, and its closing brace.
func (r *reader) readBody(b *hclsyntax.Block) bool {
	b.Body.Attributes, b.Body.Blocks = hclsyntax.Attributes{}, hclsyntax.Blocks{}
	for r.peek(0) != '}' {
		if !r.skipLineEnd() && !r.readItem(b.Body) {
			return false
		}
		r.skipSpaces()
	}
	b.CloseBraceRange = r.span(r.pos, r.pos+1)
	r.pos++
	b.Body.SrcRange = hcl.RangeBetween(b.OpenBraceRange, b.CloseBraceRange)
	b.Body.EndRange = hcl.Range{Filename: r.name, Start: b.CloseBraceRange.End, End: b.CloseBraceRange.End}
	return true
}

// readLine reads the attribute of a one-line block, and the closing brace.
func (r *reader) readLine(b *hclsyntax.Block) bool {
	name, at, ok := r.readName()
	if !ok {
		return false
	}
	r.skipSpaces()
	if r.peek(0) != '=' {
		return false
	}
	a, ok := r.readAttribute(name, at)
	if !ok {
		return false
	}
	r.skipSpaces()
	if r.peek(0) != '}' {
		return false
	}
	b.CloseBraceRange = r.span(r.pos, r.pos+1)
	r.pos++
	end := a.SrcRange.End
	b.Body.Attributes, b.Body.SrcRange = hclsyntax.Attributes{name: a}, a.SrcRange
	b.Body.EndRange = hcl.Range{Filename: r.name, Start: end, End: end}
	return true
}
