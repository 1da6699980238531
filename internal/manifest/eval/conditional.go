package eval

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/values"
)

// evaluated is an expression whose value is known.
type evaluated struct {
	hclsyntax.Expression
	val   cty.Value
	diags hcl.Diagnostics
}

func (e evaluated) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return e.val, e.diags }

// evalExpr is expr.Value. It converts large results of a conditional to their
// final type before HCL does, because HCL's way takes a time that grows with the
// square of their size: enabled ? { …10,000 elements… } : {}.
func evalExpr(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return evalExpr(e.Expression, ctx)
	case *hclsyntax.ConditionalExpr:
		yes, yesDiags := evalExpr(e.TrueResult, ctx)
		no, noDiags := evalExpr(e.FalseResult, ctx)
		ready := *e
		ready.TrueResult = evaluated{e.TrueResult, alike(yes, no), yesDiags}
		ready.FalseResult = evaluated{e.FalseResult, alike(no, yes), noDiags}
		return ready.Value(ctx)
	}
	return expr.Value(ctx)
}

// alike makes a large tuple a list, or a large object a map, where HCL would
// do the same to give both results of a conditional one type.
func alike(v, other cty.Value) cty.Value {
	ty, also := v.Type(), other.Type()
	var want cty.Type
	switch {
	case v.IsNull() || !v.IsKnown():
		return v
	case ty.IsTupleType() && (also.IsListType() || also.IsTupleType() && also.Length() != ty.Length()):
		want = cty.List(cty.DynamicPseudoType)
	case ty.IsObjectType() && (also.IsMapType() || also.IsObjectType() && !sameNames(ty, also)):
		want = cty.Map(cty.DynamicPseudoType)
	default:
		return v
	}
	if out, err := values.Reshape(v, want); err == nil {
		return out
	}
	return v
}

func sameNames(a, b cty.Type) bool {
	return maps.EqualFunc(a.AttributeTypes(), b.AttributeTypes(), func(cty.Type, cty.Type) bool { return true })
}
