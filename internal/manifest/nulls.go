package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
	"converge/internal/manifest/values"
)

// nullAttr is an attribute that is set to null, and so counts as not set.
type nullAttr struct {
	idx  int
	expr hcl.Expression
	ctx  *hcl.EvalContext
}

// findNull returns the null part of an attribute's value; false if it is not set to null.
func findNull(in *instance, idx int) (eval.Null, bool) {
	for _, nulls := range [][]nullAttr{in.nulls, in.block.nulls} {
		for _, n := range nulls {
			if n.idx != idx {
				continue
			}
			if null, ok := in.block.mod.eval.FindNull(n.expr, n.ctx); ok {
				return null, true
			}
		}
	}
	return eval.Null{}, false
}

// explainNullAttr explains, in an error about a missing attribute, that the attribute is set to null, and moves the error there.
func explainNullAttr(in *instance, d *hcl.Diagnostic) *hcl.Diagnostic {
	for idx := range in.block.kind.Attrs {
		a := &in.block.kind.Attrs[idx]
		null, ok := findNull(in, idx)
		if !ok || !regexp.MustCompile(`(?:^|[^\w-])`+a.Name+`(?:$|[^\w-])`).MatchString(d.Detail) {
			continue
		}
		d.Subject, d.Context = &null.At, nil
		d.Detail += fmt.Sprintf(" Here %s: it is left out then.", null.Set(a.Name))
		break
	}
	return d
}

// nullError returns the error about an expression that is null or contains null: what the value must be, and what to
// write instead; nil if it finds no null.
func (m *module) nullError(summary, must string, expr hcl.Expression, ctx *hcl.EvalContext, instead func(name string) string) *hcl.Diagnostic {
	null, ok := m.eval.FindNull(expr, ctx)
	if !ok {
		return nil
	}
	return diag.Failure(summary, fmt.Sprintf("%s: %s.%s", must, null, instead(null.Name)), &null.At)
}

// findNullIn returns the null part of an evaluated expression; false if there is none, or it is not known.
func (m *module) findNullIn(expr hcl.Expression, ctx *hcl.EvalContext) (eval.Null, bool) {
	if expr == nil || ctx == nil {
		return eval.Null{}, false
	}
	return m.eval.FindNull(expr, ctx)
}

// withNullType adds the type of a null reference to the error about a template. vars are the template's variables.
func withNullType(text, chain string, vars cty.Value) string {
	chain, names := strings.TrimPrefix(chain, "$"), strings.Split(strings.TrimPrefix(strings.TrimPrefix(chain, "$"), "."), ".")
	if chain == "" || vars == cty.NilVal {
		return text
	}
	vars = values.Unmark(vars)
	if vars.Type().IsObjectType() && !vars.Type().HasAttribute(names[0]) && names[0] == "vars" {
		names = names[1:]
	}
	for _, name := range names {
		switch {
		case vars.IsNull() || !vars.IsKnown():
			return text
		case vars.Type().IsObjectType() && vars.Type().HasAttribute(name):
			vars = vars.GetAttr(name)
		case vars.Type().IsMapType() && vars.HasIndex(cty.StringVal(name)).True():
			vars = vars.Index(cty.StringVal(name))
		default:
			return text
		}
	}
	return strings.Replace(text, " is null", fmt.Sprintf(" is null (of type %s)", eval.TypeText(vars.Type())), 1)
}

// varsOfCall returns the last argument of a function that renders a template: its variables.
func varsOfCall(d *hcl.Diagnostic) cty.Value {
	call, ok := d.Expression.(*hclsyntax.FunctionCallExpr)
	if !ok || len(call.Args) < 2 || d.EvalContext == nil {
		return cty.NilVal
	}
	v, diags := call.Args[len(call.Args)-1].Value(d.EvalContext)
	if diags.HasErrors() {
		return cty.NilVal
	}
	return v
}

// valueOf returns the value of an attribute by name; cty.NilVal if it is not set.
func valueOf(in *instance, name string) cty.Value {
	idx, ok := in.block.kind.attr[name]
	for _, v := range in.vals {
		if ok && v.idx == idx {
			return v.val
		}
	}
	return cty.NilVal
}
