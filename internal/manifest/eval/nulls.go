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

// maxTypeText is the length up to which a type is written in a message, and maxNullText that of an expression.
const (
	maxTypeText = 80
	maxNullText = 60
)

// Null is a part of an expression that is null. It contains only names and types, which are never secret, so it may
// always be shown.
type Null struct {
	Name string    // as the author wrote it
	Type string    // as text
	At   hcl.Range // the place of the expression
	rest string    // the reference that continues after it
}

// String describes the null and its type.
func (n Null) String() string {
	if n.Name == "null" {
		return "null stands here"
	}
	return fmt.Sprintf("%s is null (of type %s)", n.Name, n.Type)
}

// Set describes an attribute or variable of that name that is set to the null.
func (n Null) Set(name string) string {
	if n.Name == "null" {
		return name + " is set to null"
	}
	return fmt.Sprintf("%s is set to %s, which is null (of type %s)", name, n.Name, n.Type)
}

// explainNull names the null expression and its type, where the library only reports that something is null. It reports
// whether it could.
func (e *Evaluator) explainNull(d *hcl.Diagnostic) bool {
	if !strings.Contains(d.Detail, "null") || d.Expression == nil || d.EvalContext == nil {
		return false
	}
	n, ok := e.FindNull(d.Expression, d.EvalContext)
	if !ok {
		return false
	}
	if d.Summary == "Error in function call" || d.Summary == "Invalid function argument" || d.Summary == "Null value as key" {
		d.Subject = &n.At
	}
	if n.Name == "null" && d.Summary != "Error in function call" && d.Summary != "Invalid function argument" {
		return false // the library's own text names it
	}
	why, instead := describeNull(d.Summary, n)
	if strings.Contains(d.Detail, "no non-null arguments") {
		why, instead = "and so is each other argument", "a last argument that is none"
	}
	if n.Name == "null" {
		d.Detail = fmt.Sprintf("%s, %s.", n, why)
		return true
	}
	d.Detail = fmt.Sprintf("%s, %s. Where it may be null, say what is then: %s.", strings.Replace(n.String(), " is null (", " is null here (", 1), why, instead)
	return true
}

// describeNull explains what the null prevents, and what to write instead.
func describeNull(summary string, n Null) (why, instead string) {
	or := func(value string) string { return "coalesce(" + n.Name + ", " + value + ")" }
	switch summary {
	case "Attempt to get attribute from null value", "Attempt to index null value":
		return "so there is nothing in it", n.Name + " == null ? … : " + n.Name + n.rest
	case "Invalid template interpolation value":
		return "which a text cannot hold", or("\"…\"")
	case "Iteration over null value", "Splat of null value":
		return "which a loop cannot go over", or("[]")
	case "Null condition", "Condition is null":
		return "and a condition is true or false", or("false")
	case "Operation failed":
		return "with which an operator cannot work", or("…")
	case "Invalid function argument", "Invalid expanding argument value", "Error in function call":
		return "which this function does not take", or("…")
	}
	return "which cannot stand in this place", or("…")
}

// FindNull returns the first part of an expression that is null in a context, or that has a null element; false if there
// is none that has a name.
func (e *Evaluator) FindNull(expr hcl.Expression, ctx *hcl.EvalContext) (Null, bool) {
	switch x := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return e.nullOnTheWay(x, ctx)
	case *hclsyntax.LiteralValueExpr:
		return Null{Name: "null", Type: "any", At: x.Range()}, x.Val.IsNull()
	}
	for _, part := range operands(expr, ctx) {
		if n, ok := e.FindNull(part, ctx); ok {
			return n, true
		}
	}
	v, diags := expr.Value(ctx)
	if _, isFor := expr.(*hclsyntax.ForExpr); diags.HasErrors() || isFor && !v.IsNull() {
		return Null{}, false
	}
	return nullIn(e.nameOf(expr), v, expr.Range())
}

// nameOf returns the text of an expression, shortened if it is long.
func (e *Evaluator) nameOf(expr hcl.Expression) string {
	text := e.opts.Source(expr.Range())
	switch call, isCall := expr.(*hclsyntax.FunctionCallExpr); {
	case text != "" && len(text) <= maxNullText && !strings.ContainsAny(text, "\n\""): // a literal may be a secret
		return text
	case isCall:
		return call.Name + "(…)"
	}
	return "what stands here"
}

// nullOnTheWay returns the first step of a reference that is null, or a null element of its target.
func (e *Evaluator) nullOnTheWay(t *hclsyntax.ScopeTraversalExpr, ctx *hcl.EvalContext) (Null, bool) {
	whole := e.opts.Source(t.Range())
	for i := 1; i <= len(t.Traversal); i++ {
		v, diags := t.Traversal[:i].TraverseAbs(ctx)
		if diags.HasErrors() {
			break
		}
		name := syntax.TraversalText(t.Traversal[:i])
		if v.IsNull() {
			rest, ok := strings.CutPrefix(whole, name)
			if !ok {
				rest = strings.TrimPrefix(syntax.TraversalText(t.Traversal), name)
			}
			return Null{Name: name, Type: TypeText(v.Type()), At: t.Range(), rest: rest}, true
		}
		if i == len(t.Traversal) {
			return nullIn(name, v, t.Range())
		}
	}
	return Null{}, false
}

// nullIn returns the null in a value: the whole, or the first null element.
func nullIn(name string, v cty.Value, at hcl.Range) (Null, bool) {
	switch {
	case v.IsNull():
		return Null{Name: name, Type: TypeText(v.Type()), At: at}, true
	case v.IsMarked() || !v.IsKnown() || !v.CanIterateElements():
		return Null{}, false
	}
	for it := v.ElementIterator(); it.Next(); {
		key, elem := it.Element()
		step := "[…]"
		switch {
		case v.Type().IsSetType():
		case key.Type() == cty.Number:
			step = "[" + key.AsBigFloat().Text('f', -1) + "]"
		case key.Type() == cty.String && hclsyntax.ValidIdentifier(key.AsString()):
			step = "." + key.AsString()
		case key.Type() == cty.String:
			step = fmt.Sprintf("[%q]", key.AsString())
		}
		if n, ok := nullIn(name+step, elem, at); ok {
			return n, true
		}
	}
	return Null{}, false
}

// operands returns the parts of an expression whose null makes it null.
func operands(expr hcl.Expression, ctx *hcl.EvalContext) []hclsyntax.Expression {
	switch x := expr.(type) {
	case *hclsyntax.ConditionalExpr:
		chosen, diags := x.Condition.Value(ctx)
		chosen, _ = chosen.Unmark()
		switch {
		case diags.HasErrors() || chosen.IsNull() || !chosen.IsKnown() || chosen.Type() != cty.Bool:
			return []hclsyntax.Expression{x.Condition}
		case chosen.True():
			return []hclsyntax.Expression{x.TrueResult}
		}
		return []hclsyntax.Expression{x.FalseResult}
	case *hclsyntax.ForExpr:
		return []hclsyntax.Expression{x.CollExpr}
	case *hclsyntax.FunctionCallExpr:
		switch x.Name {
		case rounds:
			return x.Args[:1]
		case "try", "can":
			return nil
		}
		return x.Args
	case *hclsyntax.ObjectConsExpr:
		var values []hclsyntax.Expression
		for _, item := range x.Items {
			values = append(values, item.ValueExpr)
		}
		return values
	case *hclsyntax.TupleConsExpr, *hclsyntax.ParenthesesExpr, *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr, *hclsyntax.IndexExpr,
		*hclsyntax.RelativeTraversalExpr, *hclsyntax.SplatExpr, *hclsyntax.ObjectConsKeyExpr, *hclsyntax.TemplateWrapExpr:
		return Parts(expr)
	}
	return nil
}

// TypeText writes a type as text.
func TypeText(ty cty.Type) string {
	if text := typeexpr.TypeString(ty); len(text) <= maxTypeText {
		return text
	}
	return ty.FriendlyName()
}
