package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
)

// WithheldDetail replaces a text that may quote a sensitive value.
const WithheldDetail = "The reason is withheld, because it may quote a sensitive value."

// Value evaluates an expression. Every expression of a manifest is evaluated here, so that redact sees all error
// messages of libraries.
func (e *Evaluator) Value(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Bounded(expr, ctx)
	if !diags.HasErrors() {
		secret, over := e.weighValue(v, expr.Range())
		if secret {
			over = e.meetSecrets(expr, v, ctx)
		}
		if over.HasErrors() {
			return cty.DynamicVal, over
		}
	}
	if len(diags) == 0 {
		return v, nil
	}
	diags = e.explainOperands(diags)
	if _, native := expr.(hclsyntax.Expression); !native && diags.HasErrors() {
		text := strings.Trim(e.opts.Source(expr.Range()), `"`)
		diags = syntax.ExplainTemplate(text, expr.Range(), diags)
	}
	secret := diags.HasErrors() && e.mayQuote(expr, ctx)
	for _, d := range diags {
		e.explain(d, ctx)
		if named := e.explainNull(d); secret && !named && !harmless(d) {
			d.Detail = WithheldDetail
		}
		if d.Detail != WithheldDetail {
			explainCall(d)
		}
		if call, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra); ok && e.opts.Refine != nil && call.FunctionCallError() != nil {
			e.opts.Refine(d, call.FunctionCallError(), secret)
		}
		d.Expression, d.EvalContext, d.Extra = nil, nil, nil
	}
	return v, diags
}

// Bounded evaluates an expression within its bounds; see bound.go.
func (e *Evaluator) Bounded(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	at := expr.Range()
	defer e.watch.begin(&at).end()
	c := &counter{e: e, left: maxSteps}
	looping, loops := e.looping.Load(expr)
	if loops {
		ctx = c.extend(ctx)
	}
	d := direct{e.opts.Cheap}
	var v cty.Value
	var diags hcl.Diagnostics
	if single, _ := looping.(bool); single {
		v, diags = d.evalLoop(expr.(*hclsyntax.ForExpr), ctx)
	} else {
		v, diags = d.evalExpr(expr, ctx)
	}
	if c.over != nil {
		return cty.DynamicVal, hcl.Diagnostics{c.over}
	}
	return v, diags
}

// meetSecrets notes the sensitive strings in the sensitive value v of an expression and in its parts, which it evaluates
// once more. It does so for a nested loop once for each loop around it, so this may take more rounds than the evaluation
// did.
func (e *Evaluator) meetSecrets(expr hcl.Expression, v cty.Value, ctx *hcl.EvalContext) hcl.Diagnostics {
	at := expr.Range()
	defer e.watch.begin(&at).end()
	c := &counter{e: e, left: 10 * maxSteps}
	e.met.addExpr(expr, v, c.extend(ctx))
	if c.over != nil {
		return hcl.Diagnostics{c.over}
	}
	return nil
}

// mayQuote reports whether an error of expr may quote a sensitive value: one that it refers to, or one that it declares
// sensitive itself.
func (e *Evaluator) mayQuote(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if strings.Contains(e.opts.Source(expr.Range()), "sensitive") {
		return true
	}
	for _, t := range expr.Variables() {
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() { // then the nearest one
			v, diags = t[:1].TraverseAbs(ctx)
		}
		if !diags.HasErrors() && values.IsSensitive(v) {
			return true
		}
	}
	return false
}

// harmless reports whether HCL's message with that title quotes only the manifest's text, never a value.
func harmless(d *hcl.Diagnostic) bool {
	switch d.Summary {
	case "Unsupported attribute", "Call to unknown function", "Not enough function arguments", "Too many function arguments", "Unknown variable", "Too much to evaluate":
		return true
	}
	return false
}

// explain adds suggestions that HCL cannot make, because it knows only some of the names.
func (e *Evaluator) explain(d *hcl.Diagnostic, ctx *hcl.EvalContext) {
	if call, ok := d.Extra.(hclsyntax.FunctionCallUnknownDiagExtra); ok {
		name := call.CalledFunctionName()
		d.Detail = "There is no function \"" + name + "\"." + suggestFunction(name, ctx)
		return
	}
	if d.Summary == "Inconsistent conditional result types" {
		d.Detail = explainChoice(d.Detail)
		return
	}
	if d.Summary != "Unsupported attribute" && d.Summary != "Invalid index" {
		return
	}
	if at, ok := d.Expression.(*hclsyntax.IndexExpr); ok {
		e.explainIndex(d, at)
		return
	}
	t, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		e.explainSplat(d)
		return
	}
	for i := 1; i < len(t.Traversal); i++ {
		v, diags := t.Traversal[:i].TraverseAbs(ctx)
		if diags.HasErrors() {
			return
		}
		if v.IsMarked() {
			return // its names are sensitive, too
		}
		name, named := syntax.StepName(t.Traversal[i])
		of := syntax.TraversalText(t.Traversal[:i])
		switch ty := v.Type(); {
		case v.IsNull():
		case (ty.IsListType() || ty.IsTupleType()) && d.Summary == "Invalid index":
			d.Detail = describeLength(of, v.LengthInt())
		case named && ty.IsPrimitiveType() && d.Summary == "Unsupported attribute":
			d.Detail = describePlain(of, name, ty)
		case named && ty.IsObjectType() && !ty.HasAttribute(name):
			d.Detail = "There is no \"" + name + "\" in " + of + "." + suggestName(of, name, slices.Collect(maps.Keys(ty.AttributeTypes())))
		case named && ty.IsMapType() && d.Summary == "Invalid index" && v.HasIndex(cty.StringVal(name)).False():
			d.Detail = "There is no \"" + name + "\" in " + of + "." + suggestName(of, name, slices.Collect(maps.Keys(v.AsValueMap())))
		default:
			continue
		}
		return
	}
}

// describeLength names the valid indexes of a list.
func describeLength(list string, n int) string {
	switch n {
	case 0:
		return list + " has no elements."
	case 1:
		return list + " has one element, which is " + list + "[0]."
	}
	return fmt.Sprintf("%s has %d elements: %s[0] to %s[%d].", list, n, list, list, n-1)
}

// explainOperands merges the errors about the two sides of an operator, and explains how to join texts, which + does in
// other languages.
func (e *Evaluator) explainOperands(diags hcl.Diagnostics) hcl.Diagnostics {
	seen := map[hcl.Range]bool{}
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
		if d.Summary != "Invalid operand" || d.Context == nil {
			return false
		}
		if strings.Contains(e.opts.Source(*d.Context), "+") && (strings.HasSuffix(d.Detail, "a number is required.") || strings.Contains(d.Detail, "operand: number required")) {
			d.Detail = "+ adds numbers. Texts are joined in one text, \"${a}${b}\", and lists by concat(a, b)."
		}
		again := seen[*d.Context]
		seen[*d.Context] = true
		return again
	})
}
