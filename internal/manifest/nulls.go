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

// nullAttr is an attribute that is set to null, which is as if it were not set.
type nullAttr struct {
	idx  int
	expr hcl.Expression
	ctx  *hcl.EvalContext
}

// findNull returns what is null in the value of an attribute; false if it is not set to null.
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

// explainNullAttr says of the error about a resource that an attribute which it names is set, but to null, and puts it there.
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

// nullError is the error about an expression that is null, or holds null: what it must be, and what to write instead; nil if no
// null is found in it.
func (m *module) nullError(summary, must string, expr hcl.Expression, ctx *hcl.EvalContext, instead func(name string) string) *hcl.Diagnostic {
	null, ok := m.eval.FindNull(expr, ctx)
	if !ok {
		return nil
	}
	return diag.Failure(summary, fmt.Sprintf("%s: %s.%s", must, null, instead(null.Name)), &null.At)
}

// findNullIn returns what is null in an expression that has been evaluated; false if nothing is, or it is not known.
func (m *module) findNullIn(expr hcl.Expression, ctx *hcl.EvalContext) (eval.Null, bool) {
	if expr == nil || ctx == nil {
		return eval.Null{}, false
	}
	return m.eval.FindNull(expr, ctx)
}

// withNullType adds to the text about a template, in which a reference is null, of what type that is. vars is what the template
// is given.
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

// varsOfCall is what a function that renders a template is given as its last argument.
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

// valueOf is the value of an attribute of a resource by its name; cty.NilVal if it is not set.
func valueOf(in *instance, name string) cty.Value {
	idx, ok := in.block.kind.attr[name]
	for _, v := range in.vals {
		if ok && v.idx == idx {
			return v.val
		}
	}
	return cty.NilVal
}
