package syntax

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readValue reads a literal, a list or an object of literals, a reference or a call. The caller checks the text after
// it: an operator is not allowed there.
func (r *reader) readValue() (hclsyntax.Expression, bool) {
	switch c := r.peek(0); {
	case c == '"':
		before := r.pos
		t := &literalText{}
		if r.readText(t) {
			return &t.template, true
		}
		r.pos = before
		return r.readTemplate()
	case c == '<':
		return r.readHeredoc()
	case c == '[':
		return r.readList()
	case c == '{':
		return r.readObject()
	case c == '-':
		return r.readNegative()
	case isDigit(c):
		return r.readNumber()
	case isLetter(c):
		return r.readWord()
	}
	return nil, false
}

// readNumber reads a number of digits, with a decimal point or without.
func (r *reader) readNumber() (hclsyntax.Expression, bool) {
	start := r.pos
	r.skipDigits()
	if r.peek(0) == '.' && isDigit(r.peek(1)) {
		r.pos++
		r.skipDigits()
	}
	if c := r.peek(0); c == '.' || c >= 0x80 || isMarkerByte(c) {
		return nil, false
	}
	v, err := cty.ParseNumberVal(string(r.src[start:r.pos]))
	if err != nil {
		return nil, false
	}
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: r.span(start, r.pos)}, true
}

func (r *reader) readNegative() (hclsyntax.Expression, bool) {
	at := r.span(r.pos, r.pos+1)
	r.pos++
	if !isDigit(r.peek(0)) {
		return nil, false
	}
	number, ok := r.readNumber()
	if !ok {
		return nil, false
	}
	return &hclsyntax.UnaryOpExpr{
		Op: hclsyntax.OpNegate, Val: number, SrcRange: hcl.RangeBetween(at, number.Range()), SymbolRange: at,
	}, true
}

// readWord reads true, false, null, a reference or the call of a function.
func (r *reader) readWord() (hclsyntax.Expression, bool) {
	name, at, ok := r.readName()
	if !ok {
		return nil, false
	}
	switch {
	case name == "for":
		return nil, false
	case r.peek(0) == '(':
		return r.readCall(name, at)
	}
	switch name {
	case "true":
		return &hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: at}, true
	case "false":
		return &hclsyntax.LiteralValueExpr{Val: cty.False, SrcRange: at}, true
	case "null":
		return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: at}, true
	}
	e := &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: at}}, SrcRange: at}
	for r.peek(0) == '.' || r.peek(0) == '[' {
		step, ok := r.readStep()
		if !ok {
			return nil, false
		}
		e.Traversal = append(e.Traversal, step)
		e.SrcRange.End = step.SourceRange().End
	}
	return e, true
}

// readCall reads the arguments of a function; line ends have no meaning in them.
func (r *reader) readCall(name string, at hcl.Range) (hclsyntax.Expression, bool) {
	open, ok := r.enter()
	if !ok {
		return nil, false
	}
	args, ok := r.readItems(')')
	if !ok {
		return nil, false
	}
	r.leave(open)
	return &hclsyntax.FunctionCallExpr{
		Name: name, Args: args, NameRange: at, OpenParenRange: open, CloseParenRange: r.span(r.pos-1, r.pos),
	}, true
}

// readStep reads .name, ["key"] or [0].
func (r *reader) readStep() (hcl.Traverser, bool) {
	start := r.pos
	r.pos++
	if r.src[start] == '.' {
		name, _, ok := r.readName()
		return hcl.TraverseAttr{Name: name, SrcRange: r.span(start, r.pos)}, ok
	}
	var key cty.Value
	switch c := r.peek(0); {
	case c == '"':
		text, ok := r.readQuoted()
		if !ok {
			return nil, false
		}
		key = cty.StringVal(text)
	case isDigit(c):
		number, ok := r.readNumber()
		if !ok {
			return nil, false
		}
		key = number.(*hclsyntax.LiteralValueExpr).Val
	default:
		return nil, false
	}
	if r.peek(0) != ']' {
		return nil, false
	}
	r.pos++
	return hcl.TraverseIndex{Key: key, SrcRange: r.span(start, r.pos)}, true
}

// readList reads a list; line ends have no meaning in it.
func (r *reader) readList() (hclsyntax.Expression, bool) {
	open, ok := r.enter()
	if !ok {
		return nil, false
	}
	items, ok := r.readItems(']')
	if !ok {
		return nil, false
	}
	return &hclsyntax.TupleConsExpr{Exprs: items, SrcRange: r.leave(open), OpenRange: open}, true
}

// readItems reads values with commas between them, up to the bracket that ends them.
func (r *reader) readItems(end byte) (items []hclsyntax.Expression, ok bool) {
	for r.skipBlank(); r.peek(0) != end; r.skipBlank() {
		value, ok := r.readValue()
		if !ok {
			return nil, false
		}
		items = append(items, value)
		r.skipBlank()
		if r.peek(0) == end {
			break
		}
		if r.peek(0) != ',' {
			return nil, false
		}
		r.pos++
	}
	return items, true
}

// readObject reads an object, whose items are separated by commas or the ends of lines.
func (r *reader) readObject() (hclsyntax.Expression, bool) {
	open, ok := r.enter()
	if !ok {
		return nil, false
	}
	var items []hclsyntax.ObjectConsItem
	for r.skipBlank(); r.peek(0) != '}'; r.skipBlank() {
		item, ok := r.readPair()
		if !ok {
			return nil, false
		}
		items = append(items, item)
		r.skipSpaces()
		switch {
		case r.peek(0) == ',':
			r.pos++
		case r.peek(0) == '}' || r.skipLineEnd():
		default:
			return nil, false
		}
	}
	return &hclsyntax.ObjectConsExpr{Items: items, SrcRange: r.leave(open), OpenRange: open}, true
}

// readPair reads KEY = VALUE or KEY: VALUE. A key is a name or a text.
func (r *reader) readPair() (item hclsyntax.ObjectConsItem, ok bool) {
	var key hclsyntax.Expression
	if r.peek(0) == '"' {
		t := &literalText{}
		key, ok = &t.template, r.readText(t)
	} else {
		key, ok = r.readWord()
	}
	if !ok {
		return item, false
	}
	r.skipSpaces()
	sign, next := r.peek(0), r.peek(1)
	if sign != '=' && sign != ':' || next == '=' || next == '>' || next == ':' {
		return item, false
	}
	r.pos++
	r.skipSpaces()
	value, ok := r.readValue()
	return hclsyntax.ObjectConsItem{KeyExpr: &hclsyntax.ObjectConsKeyExpr{Wrapped: key}, ValueExpr: value}, ok
}

// enter reads an opening bracket.
func (r *reader) enter() (open hcl.Range, ok bool) {
	open = r.span(r.pos, r.pos+1)
	r.pos++
	r.depth++
	return open, r.depth <= maxRead
}

// leave reads the closing bracket, and returns the range from the opening one on.
func (r *reader) leave(open hcl.Range) hcl.Range {
	r.depth--
	r.pos++
	return hcl.RangeBetween(open, r.span(r.pos-1, r.pos))
}
