package syntax

import (
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readTemplate reads a quoted text that refers to values by ${NAME} and the like. HCL reads other expressions in
// sequences, markers that trim spaces, and directives.
func (r *reader) readTemplate() (hclsyntax.Expression, bool) {
	start := r.pos
	r.pos++
	var parts []hclsyntax.Expression
	refs := 0
	for r.peek(0) != '"' {
		text, ok := r.readUntilSequence()
		if !ok {
			return nil, false
		}
		if text != nil {
			parts = append(parts, text)
		}
		if r.peek(0) != '$' {
			continue
		}
		r.pos += len("${")
		r.skipSpaces()
		ref, ok := r.readWord()
		r.skipSpaces()
		if !ok || r.peek(0) != '}' {
			return nil, false
		}
		r.pos++
		parts = append(parts, ref)
		refs++
	}
	r.pos++
	at := r.span(start, r.pos)
	if refs == 1 && len(parts) == 1 {
		return &hclsyntax.TemplateWrapExpr{Wrapped: parts[0], SrcRange: at}, true
	}
	return &hclsyntax.TemplateExpr{Parts: parts, SrcRange: at}, refs > 0
}

// readUntilSequence reads the text up to a sequence or the closing quote; nil if there is none.
func (r *reader) readUntilSequence() (hclsyntax.Expression, bool) {
	start, escapes := r.pos, 0
	for ; r.pos < len(r.src); r.pos++ {
		switch c := r.src[r.pos]; {
		case c == '"', c == '$' && r.peek(1) == '{':
			if r.pos == start {
				return nil, true
			}
			if last := r.src[r.pos-1]; c == '$' && (last == '$' || last == '%') {
				return nil, false // $${ is no sequence
			}
			text := unescape(r.src[start:r.pos], escapes)
			return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: r.span(start, r.pos)}, true
		case c == '\\':
			r.pos++
			escapes++
			if !isEscape(r.peek(0)) {
				return nil, false
			}
		case c == '%' && r.peek(1) == '{', c == '\n', c >= utf8.RuneSelf:
			return nil, false
		}
	}
	return nil, false
}
