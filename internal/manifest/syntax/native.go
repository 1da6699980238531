package syntax

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// ToNative converts a JSON expression to a native one with the same value and places, so that no other code handles
// JSON: JSON strings are templates, which HCL would parse for each evaluation. An expression that HCL refuses is
// returned as it is, and its evaluation reports the error.
func ToNative(expr hcl.Expression) hcl.Expression {
	if e := nativeOf(expr); e != nil {
		return e
	}
	return expr
}

// nativeOf returns the native expression, or nil if HCL would refuse the JSON one.
func nativeOf(expr hcl.Expression) hclsyntax.Expression {
	if e, ok := expr.(hclsyntax.Expression); ok {
		return e
	}
	at := expr.Range()
	if list, diags := hcl.ExprList(expr); !diags.HasErrors() {
		return nativeTuple(list, at)
	}
	if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		return nativeObject(pairs, at)
	}
	v, diags := expr.Value(nil) // without a scope a string is its text
	switch {
	case diags.HasErrors():
		return nil
	case v.IsNull() || v.Type() != cty.String:
		return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}
	}
	// The place after the quote, as HCL computes it: it ignores escapes.
	start := hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + 1, Byte: at.Start.Byte + 1}
	template, diags := hclsyntax.ParseTemplate([]byte(v.AsString()), at.Filename, start)
	if diags.HasErrors() {
		return nil
	}
	return template
}

func nativeTuple(list []hcl.Expression, at hcl.Range) hclsyntax.Expression {
	out := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: at}
	for _, x := range list {
		e := nativeOf(x)
		if e == nil {
			return nil
		}
		out.Exprs = append(out.Exprs, e)
	}
	return out
}

func nativeObject(pairs []hcl.KeyValuePair, at hcl.Range) hclsyntax.Expression {
	out := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: at}
	seen := make(map[string]bool, len(pairs))
	for _, p := range pairs {
		key, value := nativeOf(p.Key), nativeOf(p.Value)
		if key == nil || value == nil {
			return nil
		}
		if name, ok := Literal(key); ok {
			if seen[name.AsString()] {
				return nil // a duplicate name
			}
			seen[name.AsString()] = true
		}
		out.Items = append(out.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
	}
	return out
}

// Literal returns the value of a literal in native syntax. Most expressions of a large manifest are literals, and a
// general evaluation costs five times as much.
func Literal(expr hcl.Expression) (cty.Value, bool) {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.TemplateExpr:
		return joinLiterals(e.Parts)
	}
	return cty.NilVal, false
}

// joinLiterals joins the parts of a template without sequences; a heredoc has one part for each line.
func joinLiterals(parts []hclsyntax.Expression) (cty.Value, bool) {
	var b strings.Builder
	for _, p := range parts {
		part, ok := p.(*hclsyntax.LiteralValueExpr)
		if !ok || part.Val.Type() != cty.String || part.Val.IsNull() || part.Val.IsMarked() {
			return cty.NilVal, false
		}
		if len(parts) == 1 {
			return part.Val, true
		}
		b.WriteString(part.Val.AsString())
	}
	return cty.StringVal(b.String()), true
}

// TraversalText writes a traversal as a reference in a manifest.
func TraversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if name, ok := StepName(s); ok {
				b.WriteString(strings.TrimPrefix(resource.Addr{Name: "x", Key: name, Each: true}.String(), ".x"))
			} else {
				b.WriteString("[…]")
			}
		default:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// StepName returns the name of an attribute or string index step, if it is one.
func StepName(t hcl.Traverser) (string, bool) {
	switch t := t.(type) {
	case hcl.TraverseRoot:
		return t.Name, true
	case hcl.TraverseAttr:
		return t.Name, true
	case hcl.TraverseIndex:
		if t.Key.Type() == cty.String && t.Key.IsKnown() && !t.Key.IsNull() && !t.Key.IsMarked() {
			return values.SpellBytes(t.Key.AsString()), true
		}
	}
	return "", false
}
