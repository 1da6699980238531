package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/source"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// written is an expression with its text, from which messages make a better one.
type written struct {
	files *source.Files
	expr  hclsyntax.Expression
}

// writtenAs returns the expression that the author wrote; false if it has no text of its own, as in JSON and in a label.
func writtenAs(files *source.Files, expr hcl.Expression) (written, bool) {
	e, ok := expr.(hclsyntax.Expression)
	if !ok || strings.HasSuffix(e.Range().Filename, ".json") {
		return written{}, false
	}
	switch inner := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return writtenAs(files, inner.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return writtenAs(files, inner.Wrapped)
	}
	return written{files, e}, files.TextAt(e.Range()) != ""
}

func (w written) text(e hclsyntax.Expression) string {
	return strings.Join(strings.Fields(w.files.TextAt(e.Range())), " ")
}

// operand returns the text of the expression as a part of another one.
func (w written) operand(e hclsyntax.Expression) string {
	switch e.(type) {
	case *hclsyntax.BinaryOpExpr, *hclsyntax.ConditionalExpr:
		return "(" + w.text(e) + ")"
	}
	return w.text(e)
}

// not returns the opposite of a condition.
func (w written) not(e hclsyntax.Expression) string {
	if n, ok := e.(*hclsyntax.UnaryOpExpr); ok && n.Op == hclsyntax.OpLogicalNot {
		return w.text(n.Val)
	}
	if b, ok := e.(*hclsyntax.BinaryOpExpr); ok && (b.Op == hclsyntax.OpEqual || b.Op == hclsyntax.OpNotEqual) {
		return w.text(b.LHS) + map[bool]string{true: " != ", false: " == "}[b.Op == hclsyntax.OpEqual] + w.text(b.RHS)
	}
	return "!" + w.operand(e)
}

// isComputed reports whether the value is not a literal: a suggestion of the bare value would drop the expression that computes it.
func (w written) isComputed() bool {
	switch e := w.expr.(type) {
	case *hclsyntax.LiteralValueExpr, *hclsyntax.TupleConsExpr, *hclsyntax.ObjectConsExpr:
		return false
	case *hclsyntax.TemplateExpr:
		return !e.IsStringLiteral()
	}
	return true
}

// asCondition turns an expression whose value is neither true nor false into one whose value is; "" if it is unclear how.
func (w written) asCondition(v cty.Value) string {
	if c, ok := w.expr.(*hclsyntax.ConditionalExpr); ok {
		yes, no := constantOf(c.TrueResult), constantOf(c.FalseResult)
		switch {
		case meansBool(yes) == "true" && meansBool(no) == "false":
			return w.text(c.Condition)
		case meansBool(yes) == "false" && meansBool(no) == "true":
			return w.not(c.Condition)
		}
	}
	switch {
	case v.Type() == cty.String:
		return fmt.Sprintf("%s == %q", w.operand(w.expr), resource.DecodeBytes(v.AsString()))
	case v.Type() == cty.Number && strings.HasPrefix(w.text(w.expr), "length("):
		return w.text(w.expr) + " > 0"
	case v.Type() == cty.Number:
		return fmt.Sprintf("%s == %s", w.operand(w.expr), v.AsBigFloat().Text('g', 10))
	case isList(v.Type()) || v.Type().IsMapType():
		return fmt.Sprintf("length(%s) > 0", w.text(w.expr))
	}
	return ""
}

// constantOf returns the text of a literal; "" if the expression is not one.
func constantOf(e hclsyntax.Expression) string {
	if len(e.Variables()) > 0 {
		return ""
	}
	v, diags := e.Value(nil)
	if text, ok := plainValue(v, cty.String); ok && !diags.HasErrors() {
		return text.AsString()
	}
	return ""
}

// meansBool returns "true" or "false" for a word that represents it, and "" for others.
func meansBool(word string) string {
	switch word = strings.ToLower(word); {
	case slices.Contains(strings.Fields("yes on true started running enabled present always 1 y"), word):
		return "true"
	case slices.Contains(strings.Fields("no off false stopped disabled absent never 0 n dead inactive"), word):
		return "false"
	}
	return ""
}

// describeComputed describes a value of the wrong type that an expression computes, and suggests an expression of the
// right type; "" if the value is a literal, or no suggestion is known.
func describeComputed(files *source.Files, name string, ty cty.Type, given cty.Value, expr hcl.Expression) string {
	w, ok := writtenAs(files, expr)
	if !ok || !w.isComputed() || values.IsSensitive(given) || given.IsNull() || !given.IsWhollyKnown() {
		return ""
	}
	given, _ = given.UnmarkDeep()
	here := ""
	switch list := ty.IsListType() || ty.IsSetType(); {
	case ty == cty.Bool:
		here = w.asCondition(given)
	case list && given.Type() == cty.String && strings.Contains(given.AsString(), ","):
		here = fmt.Sprintf(`split(",", %s)`, w.text(w.expr))
	case list && given.Type().IsPrimitiveType():
		here = "[" + w.text(w.expr) + "]"
	}
	if here == "" {
		return ""
	}
	must := typeName(ty)
	if ty == cty.Bool {
		must = "true or false"
	}
	return fmt.Sprintf("must be %s, and this is %s: write %s = %s", must, showGiven(given), name, here)
}

func showGiven(v cty.Value) string {
	switch v.Type() {
	case cty.String:
		return "the text " + strconv.Quote(resource.DecodeBytes(v.AsString()))
	case cty.Number:
		return "the number " + v.AsBigFloat().Text('g', 10)
	}
	return nameGiven(v.Type())
}

// describeGuard explains how to write a condition that was set as a guard, which takes a command for the host or a path;
// "" if the value is not a condition.
func describeGuard(files *source.Files, name string, given cty.Value, expr hcl.Expression) string {
	w, ok := writtenAs(files, expr)
	if !ok || given.Type() != cty.Bool || !slices.Contains([]string{"only_if", "unless", "creates"}, name) {
		return ""
	}
	what := "must be a command"
	if name == "creates" {
		what = "must be a path"
	}
	return what + ", and this is true or false: " + w.guard(name)
}

// guard writes a condition as the attribute that takes it.
func (w written) guard(name string) string {
	opposite := slices.Contains([]string{"unless", "not_if", "creates"}, name)
	e, negated := w.expr, false
	if n, ok := e.(*hclsyntax.UnaryOpExpr); ok && n.Op == hclsyntax.OpLogicalNot {
		e, negated = n.Val, true
	}
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok && call.Name == "fileexists" && len(call.Args) == 1 {
		switch path := w.text(call.Args[0]); {
		case name == "creates" || negated != opposite:
			return fmt.Sprintf("a file that must be missing is creates = %s", path)
		default:
			return fmt.Sprintf(`a file that must be there is only_if = ["test", "-e", %s]`, path)
		}
	}
	condition := w.text(w.expr)
	if opposite {
		condition = w.not(w.expr)
	}
	return "a condition is when = " + condition
}

// conditionOfOther rewrites a condition in an attribute of another tool as when = …; "" if it is not a condition.
func conditionOfOther(files *source.Files, name string, expr hcl.Expression, runs bool) string {
	if !slices.Contains(strings.Fields("only_if onlyif not_if unless if enable_if condition count enabled_if creates"), name) {
		return ""
	}
	w, ok := writtenAs(files, expr)
	if !ok {
		return ""
	}
	if _, chosen := w.expr.(*hclsyntax.ConditionalExpr); chosen && name == "count" {
		if here := w.asCondition(cty.DynamicVal); here != "" {
			return fmt.Sprintf(" Here that is when = %s.", here)
		}
		return ""
	}
	if name == "count" || !isCondition(w.expr) {
		return ""
	}
	if runs {
		here := w.guard(name)
		return " " + strings.ToUpper(here[:1]) + here[1:] + "."
	}
	condition := w.text(w.expr)
	if slices.Contains([]string{"not_if", "unless", "creates"}, name) {
		condition = w.not(w.expr)
	}
	return fmt.Sprintf(" Here that is when = %s.", condition)
}

// isCondition reports whether an expression can only be true or false.
func isCondition(e hclsyntax.Expression) bool {
	switch e := e.(type) {
	case *hclsyntax.BinaryOpExpr:
		return e.Op.Type == cty.Bool
	case *hclsyntax.UnaryOpExpr:
		return e.Op == hclsyntax.OpLogicalNot
	case *hclsyntax.LiteralValueExpr:
		return e.Val.Type() == cty.Bool
	case *hclsyntax.FunctionCallExpr:
		return slices.Contains(strings.Fields("can contains startswith endswith strcontains fileexists alltrue anytrue"), e.Name)
	}
	return false
}
