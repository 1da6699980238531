package eval

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
)

// maxTypeText is the length up to which a type is written in a message.
const maxTypeText = 80

// explainNull names the expression that was null, and its type, where the library reports only that
// something was. It reports whether it could. Names and types of values are no secrets, so the text
// may be shown whatever the value is.
func explainNull(d *hcl.Diagnostic) bool {
	if !strings.Contains(d.Detail, "null") || d.Expression == nil || d.EvalContext == nil {
		return false
	}
	name, ty, rest := findNull(d.Expression, d.EvalContext)
	if name == "" {
		return false
	}
	if ty != "" {
		ty = " (of type " + ty + ")"
	}
	why, instead := describeNull(d.Summary, name, rest)
	d.Detail = fmt.Sprintf("%s is null here%s, %s. Where it may be null, say what is then: %s.", name, ty, why, instead)
	return true
}

// describeNull explains what null prevents, and what to write instead.
func describeNull(summary, name, rest string) (why, instead string) {
	or := func(value string) string { return "coalesce(" + name + ", " + value + ")" }
	switch summary {
	case "Attempt to get attribute from null value", "Attempt to index null value":
		return "so there is nothing in it", name + " == null ? … : " + name + rest
	case "Invalid template interpolation value":
		return "which a text cannot hold", or("\"…\"")
	case "Iteration over null value", "Splat of null value":
		return "which a loop cannot go over", or("[]")
	case "Null condition", "Condition is null":
		return "and a condition is true or false", or("false")
	case "Operation failed":
		return "with which an operator cannot work", or("…")
	case "Invalid function argument", "Invalid expanding argument value":
		return "which this function does not take", or("…")
	}
	return "which cannot stand in this place", or("…")
}

// findNull returns the reference in an expression that is null, its type and what follows it in
// the expression; "" if there is none that can be named.
func findNull(expr hcl.Expression, ctx *hcl.EvalContext) (name, ty, rest string) {
	t, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		for _, part := range operands(expr) {
			if name, ty, rest = findNull(part, ctx); name != "" {
				break
			}
		}
		return name, ty, rest
	}
	for i := 1; i <= len(t.Traversal); i++ {
		v, diags := t.Traversal[:i].TraverseAbs(ctx)
		if diags.HasErrors() {
			break
		}
		if v.IsNull() {
			name = syntax.TraversalText(t.Traversal[:i])
			return name, typeText(v.Type()), strings.TrimPrefix(syntax.TraversalText(t.Traversal), name)
		}
	}
	return "", "", ""
}

// operands are the parts of an expression that it takes as they are.
func operands(expr hcl.Expression) []hclsyntax.Expression {
	switch e := expr.(type) {
	case *hclsyntax.ConditionalExpr:
		return []hclsyntax.Expression{e.Condition}
	case *hclsyntax.ForExpr:
		return []hclsyntax.Expression{e.CollExpr}
	case *hclsyntax.FunctionCallExpr:
		if e.Name == rounds {
			return e.Args[:1]
		}
	case *hclsyntax.ParenthesesExpr, *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr, *hclsyntax.IndexExpr,
		*hclsyntax.RelativeTraversalExpr, *hclsyntax.SplatExpr, *hclsyntax.ObjectConsKeyExpr, *hclsyntax.TemplateWrapExpr:
		return Parts(expr)
	}
	return nil
}

// typeText is a type in writing; "" if it is not known, or too long.
func typeText(ty cty.Type) string {
	if ty == cty.DynamicPseudoType {
		return ""
	}
	if text := typeexpr.TypeString(ty); len(text) <= maxTypeText {
		return text
	}
	return ty.FriendlyName()
}
