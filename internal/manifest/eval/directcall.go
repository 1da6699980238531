package eval

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// call returns the result of a function call. A cheap function need not visit all elements of its arguments.
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

// bothOf returns the values of two expressions.
func (d direct) bothOf(a, b hcl.Expression, ctx *hcl.EvalContext) (x, y cty.Value, ok bool) {
	if x, ok = d.valueOf(a, ctx); !ok {
		return cty.NilVal, cty.NilVal, false
	}
	y, ok = d.valueOf(b, ctx)
	return x, y, ok
}

// combine returns the result of an operator.
func (d direct) combine(e *hclsyntax.BinaryOpExpr, ctx *hcl.EvalContext) (v cty.Value, ok bool) {
	left, right, ok := d.bothOf(e.LHS, e.RHS, ctx)
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
	coll, key, ok := d.bothOf(e.Collection, e.Key, ctx)
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
	yes, no, ok := d.bothOf(e.TrueResult, e.FalseResult, ctx)
	if !ok || yes.IsMarked() || no.IsMarked() || yes.Type() != no.Type() || !yes.Type().IsPrimitiveType() {
		return cty.NilVal, false
	}
	if is.True() {
		return yes, true
	}
	return no, true
}
