package eval

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"converge/internal/manifest/functions"
)

// The expressions of a block with for_each are evaluated for each of its resources. Most are references, texts with
// references, and calls with a collection that is the same for all. This file evaluates these to the same values as HCL,
// without HCL's bookkeeping for failures, marks and unknown values: if it meets one of those, ok is false, and HCL
// evaluates the expression from the start.

// follow returns the value of a reference.
func follow(t hcl.Traversal, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	root, ok := t[0].(hcl.TraverseRoot)
	if !ok {
		return cty.NilVal, false
	}
	for ok = false; ctx != nil; ctx = ctx.Parent() {
		if v, ok = ctx.Variables[root.Name]; ok {
			break
		}
	}
	for i := 1; ok && i < len(t); i++ {
		v, ok = followStep(v, t[i])
	}
	return v, ok
}

// followStep returns a part of a value: an attribute of an object, or an element of a list.
func followStep(v cty.Value, step hcl.Traverser) (part cty.Value, ok bool) {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return cty.NilVal, false
	}
	switch s := step.(type) {
	case hcl.TraverseAttr:
		if !v.Type().IsObjectType() {
			return cty.NilVal, false
		}
		if _, ok = v.Type().AttributeTypes()[s.Name]; !ok { // or its name is written in another form
			return cty.NilVal, false
		}
		return v.GetAttr(s.Name), true
	case hcl.TraverseIndex:
		if !v.Type().IsTupleType() && !v.Type().IsListType() || s.Key.Type() != cty.Number || s.Key.IsNull() {
			return cty.NilVal, false
		}
		if has := v.HasIndex(s.Key); has.IsMarked() || !has.IsKnown() || has.False() {
			return cty.NilVal, false
		}
		return v.Index(s.Key), true
	}
	return cty.NilVal, false
}

// direct evaluates expressions without HCL, as this file describes.
type direct struct {
	calls map[string]functions.Cheap // see [Options]
}

// valueOf returns the value of an expression.
func (d direct) valueOf(expr hcl.Expression, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.ScopeTraversalExpr:
		return follow(e.Traversal, ctx)
	case *hclsyntax.ParenthesesExpr:
		return d.valueOf(e.Expression, ctx)
	case *hclsyntax.TemplateWrapExpr:
		return d.valueOf(e.Wrapped, ctx)
	case *hclsyntax.TemplateExpr:
		return d.joinTemplate(e, ctx)
	case *hclsyntax.FunctionCallExpr:
		return d.call(e, ctx)
	case *hclsyntax.BinaryOpExpr:
		return d.combine(e, ctx)
	case *hclsyntax.IndexExpr:
		return d.index(e, ctx)
	case *hclsyntax.ConditionalExpr:
		return d.choose(e, ctx)
	}
	return cty.NilVal, false
}

// joinTemplate returns the value of a text.
func (d direct) joinTemplate(e *hclsyntax.TemplateExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	var here [256]byte
	text := here[:0]
	for _, p := range e.Parts {
		if v, ok = d.valueOf(p, ctx); !ok {
			return cty.NilVal, false
		}
		if v, ok = plainText(v); !ok {
			return cty.NilVal, false
		}
		text = append(text, v.AsString()...)
	}
	return cty.StringVal(string(text)), true
}

// plainText returns a value as text, if it can be one and is neither marked, unknown nor null.
func plainText(v cty.Value) (text cty.Value, ok bool) {
	switch {
	case v.IsMarked() || !v.IsKnown() || v.IsNull():
		return cty.NilVal, false
	case v.Type() == cty.String:
		return v, true
	case !v.Type().IsPrimitiveType():
		return cty.NilVal, false
	}
	text, err := convert.Convert(v, cty.String)
	return text, err == nil
}

// value is expr.Value for expressions that are evaluated many times.
func (d direct) value(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if v, ok := d.valueOf(expr, ctx); ok {
		return v, nil
	}
	return expr.Value(ctx)
}
