package manifest

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const withheldDetail = "The reason is withheld, because it may quote a sensitive value."

// isSensitive reports whether v or anything in it is marked.
func isSensitive(v cty.Value) bool {
	switch {
	case v == cty.NilVal:
		return false
	case marksOutside(v.Type()):
		return v.IsMarked()
	}
	return v.ContainsMarked()
}

// marksOutside reports whether a value of the type has marks on itself only.
// Those of a set's elements are on the set, and to go over it is to sort it.
func marksOutside(ty cty.Type) bool { return ty.IsPrimitiveType() || ty.IsSetType() }

// unmarked is v without any marks.
func unmarked(v cty.Value) cty.Value {
	if marksOutside(v.Type()) {
		v, _ = v.Unmark()
		return v
	}
	v, _ = v.UnmarkDeep()
	return v
}

// literalValue returns the value of a literal in native syntax. Most expressions
// of a large manifest are literals, and the general way costs five times as much.
func literalValue(expr hcl.Expression) (cty.Value, bool) {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.TemplateExpr:
		return literalText(e.Parts)
	}
	return cty.NilVal, false
}

// literalText joins the parts of a template that has no sequences; a heredoc
// has one for each line.
func literalText(parts []hclsyntax.Expression) (cty.Value, bool) {
	var b strings.Builder
	for _, p := range parts {
		part, ok := p.(*hclsyntax.LiteralValueExpr)
		if !ok || part.Val.Type() != cty.String || part.Val.IsNull() || part.Val.IsMarked() {
			return cty.NilVal, false
		}
		if len(parts) == 1 {
			return part.Val, true
		}
		b.WriteString(part.Val.AsString())
	}
	return cty.StringVal(b.String()), true
}

// value evaluates an expression. Every expression of a manifest is evaluated
// here: what libraries say about a failure passes through redact.
func (m *module) value(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := m.bounded(expr, ctx)
	if !diags.HasErrors() {
		secret, over := m.weighed(v, expr.Range())
		if secret {
			over = m.meetSecrets(expr, v, ctx)
		}
		if over.HasErrors() {
			return cty.DynamicVal, over
		}
	}
	if len(diags) == 0 {
		return v, nil
	}
	secret := diags.HasErrors() && m.mayQuote(expr, ctx)
	for _, d := range diags {
		m.explain(d, ctx)
		if secret && !harmless(d) {
			d.Detail = withheldDetail
		}
		d.Expression, d.EvalContext, d.Extra = nil, nil, nil
	}
	return v, diags
}

// bounded evaluates an expression within its bounds; see bound.go.
func (m *module) bounded(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	at := expr.Range()
	defer m.l.watch.begin(&at).end()
	c := &counter{l: m.l, left: maxSteps}
	if _, loops := m.l.looping.Load(expr); loops {
		ctx = c.scope(ctx)
	}
	v, diags := evalExpr(expr, ctx)
	if c.over != nil {
		return cty.DynamicVal, hcl.Diagnostics{c.over}
	}
	return v, diags
}

// meetSecrets notes the sensitive strings in the value v of an expression, in
// which there are some, and in its parts, which are evaluated once more for it. A
// loop in a loop is, for each loop around it, so this may take more rounds than the
// evaluation did.
func (m *module) meetSecrets(expr hcl.Expression, v cty.Value, ctx *hcl.EvalContext) hcl.Diagnostics {
	at := expr.Range()
	defer m.l.watch.begin(&at).end()
	c := &counter{l: m.l, left: 10 * maxSteps}
	m.l.met.expr(expr, v, c.scope(ctx))
	if c.over != nil {
		return hcl.Diagnostics{c.over}
	}
	return nil
}

// mayQuote reports whether an error of expr may quote a sensitive value: one
// that it refers to, or one that it declares to be so itself.
func (m *module) mayQuote(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if strings.Contains(m.l.files.text(expr.Range()), "sensitive") {
		return true
	}
	for _, t := range expr.Variables() {
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() { // then the nearest there is
			v, diags = t[:1].TraverseAbs(ctx)
		}
		if !diags.HasErrors() && isSensitive(v) {
			return true
		}
	}
	return false
}

// harmless reports whether HCL's message of that title speaks of the manifest's
// text only, never of a value.
func harmless(d *hcl.Diagnostic) bool {
	switch d.Summary {
	case "Unsupported attribute", "Call to unknown function", "Not enough function arguments", "Too many function arguments", "Unknown variable", "Too much to evaluate":
		return true
	}
	return false
}

// explain adds suggestions that HCL cannot make, because it sees a small part
// of the names.
func (m *module) explain(d *hcl.Diagnostic, ctx *hcl.EvalContext) {
	if call, ok := d.Extra.(hclsyntax.FunctionCallUnknownDiagExtra); ok {
		name := call.CalledFunctionName()
		d.Detail = "There is no function \"" + name + "\"." + m.suggestFunction(name)
		return
	}
	t, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !ok || d.Summary != "Unsupported attribute" && d.Summary != "Invalid index" {
		return
	}
	for i := 1; i < len(t.Traversal); i++ {
		v, diags := t.Traversal[:i].TraverseAbs(ctx)
		if diags.HasErrors() {
			return
		}
		name, named := stepName(t.Traversal[i])
		if v.IsMarked() {
			return // its names are sensitive, too
		}
		if !named || v.IsNull() || !v.Type().IsObjectType() || v.Type().HasAttribute(name) {
			continue
		}
		d.Detail = "There is no \"" + name + "\" in " + traversalText(t.Traversal[:i]) + "." +
			suggest(name, sortedNames(v.Type().AttributeTypes()), "It has")
		return
	}
}

func (m *module) suggestFunction(name string) string {
	switch name {
	case "timestamp", "uuid", "bcrypt", "rsadecrypt", "plantimestamp", "abspath", "pathexpand", "uuidv5":
		return " It is left out because its result is not the same every time and everywhere, so a plan could not foretell it."
	}
	var names []string
	for c := m.ctx; c != nil; c = c.Parent() {
		names = append(names, sortedNames(c.Functions)...)
	}
	return suggest(name, names, "")
}

// stepName is the name that a step of a traversal takes.
func stepName(t hcl.Traverser) (string, bool) {
	switch t := t.(type) {
	case hcl.TraverseRoot:
		return t.Name, true
	case hcl.TraverseAttr:
		return t.Name, true
	case hcl.TraverseIndex:
		if t.Key.Type() == cty.String && t.Key.IsKnown() && !t.Key.IsNull() && !t.Key.IsMarked() {
			return oneSpelling(t.Key.AsString()), true
		}
	}
	return "", false
}
