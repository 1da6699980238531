package manifest

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
)

// evaluateBool returns the value of an attribute that must be a constant, false
// if it is unset.
func (dec decoder) evaluateBool(a *hcl.Attribute, diags hcl.Diagnostics) (bool, hcl.Diagnostics) {
	if a == nil {
		return false, diags
	}
	v, more := dec.evaluateConstant(a.Expr, cty.Bool)
	return !more.HasErrors() && v.True(), append(diags, more...)
}

// evaluateConstant evaluates an expression that may not refer to anything.
func (dec decoder) evaluateConstant(expr hcl.Expression, ty cty.Type) (cty.Value, hcl.Diagnostics) {
	if len(expr.Variables()) > 0 {
		return cty.NilVal, hcl.Diagnostics{diag.Failure("Not a constant", "This value is needed before anything is evaluated, so it cannot refer to anything.", expr.Range().Ptr())}
	}
	v, diags := dec.mod.eval.Value(dec.mod.eval.Bind(expr), dec.mod.ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, _ = v.UnmarkDeep()
	v, err := convertTo(v, ty)
	if err != nil || v.IsNull() {
		return cty.NilVal, hcl.Diagnostics{diag.Failure("Invalid value", "This must be "+typeName(ty)+".", expr.Range().Ptr())}
	}
	return v, nil
}
