package eval

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// The expressions of a block with for_each are evaluated for each of its resources, and most are
// references, texts with references in them, and calls with a collection that is the same for
// all. What is here evaluates these to the same values as HCL does, without what HCL keeps at hand for failures, marks and unknown values: where it
// meets one of those, ok is false, and HCL evaluates the expression from the start.

// follow returns what a reference leads to.
func follow(t hcl.Traversal, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	root, ok := t[0].(hcl.TraverseRoot)
	if !ok {
		return cty.NilVal, false
	}
	for ; ctx != nil; ctx = ctx.Parent() {
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

// direct evaluates what this file is about.
type direct struct {
	calls map[string]func(args []cty.Value) (v cty.Value, ok bool) // see [Options]
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

// call returns what a function makes, which need not look at all of its arguments if it is cheap.
func (d direct) call(e *hclsyntax.FunctionCallExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	f, ok := findFunction(e.Name, ctx)
	if !ok || e.ExpandFinal || takesExpressions(f) {
		return cty.NilVal, false
	}
	args := make([]cty.Value, len(e.Args))
	for i, a := range e.Args {
		if args[i], ok = d.valueOf(a, ctx); !ok {
			return cty.NilVal, false
		}
	}
	if cheap, is := d.calls[e.Name]; is {
		if v, ok = cheap(args); ok {
			return v, true
		}
	}
	ready := *e
	ready.Args = make([]hclsyntax.Expression, len(args))
	for i, a := range e.Args {
		ready.Args[i] = evaluated{Expression: a, val: args[i]}
	}
	v, diags := ready.Value(ctx)
	return v, len(diags) == 0
}

// takesExpressions reports whether a function evaluates its arguments itself, as try does.
func takesExpressions(f function.Function) bool {
	is := func(p function.Parameter) bool { return customdecode.CustomExpressionDecoderForType(p.Type) != nil }
	more := f.VarParam()
	return slices.ContainsFunc(f.Params(), is) || more != nil && is(*more)
}

// combine returns the result of an operator.
func (d direct) combine(e *hclsyntax.BinaryOpExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	left, ok := d.valueOf(e.LHS, ctx)
	if !ok {
		return cty.NilVal, false
	}
	right, ok := d.valueOf(e.RHS, ctx)
	if !ok {
		return cty.NilVal, false
	}
	ready := *e
	ready.LHS, ready.RHS = evaluated{Expression: e.LHS, val: left}, evaluated{Expression: e.RHS, val: right}
	v, diags := ready.Value(ctx)
	return v, len(diags) == 0
}

// index returns an element of a collection.
func (d direct) index(e *hclsyntax.IndexExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	coll, ok := d.valueOf(e.Collection, ctx)
	if !ok {
		return cty.NilVal, false
	}
	key, ok := d.valueOf(e.Key, ctx)
	if !ok {
		return cty.NilVal, false
	}
	v, diags := hcl.Index(coll, key, &e.BracketRange)
	return v, len(diags) == 0
}

// choose returns one of two values of one type.
func (d direct) choose(e *hclsyntax.ConditionalExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	is, ok := d.valueOf(e.Condition, ctx)
	if !ok || is.IsMarked() || !is.IsKnown() || is.IsNull() || is.Type() != cty.Bool {
		return cty.NilVal, false
	}
	yes, ok := d.valueOf(e.TrueResult, ctx)
	if !ok {
		return cty.NilVal, false
	}
	no, ok := d.valueOf(e.FalseResult, ctx)
	if !ok || yes.IsMarked() || no.IsMarked() || yes.Type() != no.Type() || !yes.Type().IsPrimitiveType() {
		return cty.NilVal, false
	}
	if is.True() {
		return yes, true
	}
	return no, true
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

// value is expr.Value, for what is evaluated again and again.
func (d direct) value(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if v, ok := d.valueOf(expr, ctx); ok {
		return v, nil
	}
	return expr.Value(ctx)
}
