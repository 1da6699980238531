package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// envPrefix begins the environment variables that set variables.
const envPrefix = "CONVERGE_VAR_"

// setInputs sets the root's variables. In ascending precedence: files of data, the environment, files of variables in
// the order given, and the command line.
func (l *loader) setInputs(root *module) hcl.Diagnostics {
	for _, n := range root.variables {
		n.noteDefault()
	}
	diags := l.setFromData(root)
	if diags.HasErrors() {
		return diags
	}
	for _, kv := range l.opts.Env {
		k, v, _ := strings.Cut(kv, "=")
		name, ok := strings.CutPrefix(k, envPrefix)
		if !ok || root.variables[name] == nil {
			continue // it may be for another manifest
		}
		diags = append(diags, root.setVar(root.variables[name], givenByEnv(k, v))...)
	}
	for _, file := range l.opts.VarFiles {
		diags = append(diags, l.setFromFile(root, file)...)
	}
	for _, name := range sortedNames(l.opts.Vars) {
		n := root.variables[name]
		if n == nil {
			diags = append(diags, refuseGiven(l, root, name))
			continue
		}
		diags = append(diags, root.setVar(n, l.givenValue(name))...)
	}
	if diags.HasErrors() {
		return diags
	}
	return append(diags, l.refuseUnset(root)...)
}

// refuseUnset refuses variables without a value, and warns of environment variables that were probably meant to set them.
func (l *loader) refuseUnset(root *module) (diags hcl.Diagnostics) {
	meant := findMisspelt(l.opts.Env, root)
	for _, n := range root.nodes {
		key := meant[n]
		switch {
		case n.variable == nil:
		case key != "" && (n.done || l.opts.OnlyVariables):
			diags = append(diags, l.given.warnMisspelt(l.files, key, n.name))
		case !n.done && !l.opts.OnlyVariables:
			detail := fmt.Sprintf("The variable %q has no default: give it a value with --var %s=VALUE, --var-file or %s%s.%s",
				n.name, n.name, envPrefix, n.name, l.files.DescribeValues(root.folder.dir))
			if key != "" {
				detail += fmt.Sprintf(" %s sets no variable. Did you mean %s%s?", key, envPrefix, n.name)
			}
			diags = append(diags, diag.Failure("Variable without a value", detail, &n.rng))
		}
	}
	return diags
}

// setVar sets a variable from text: the text itself for a string, an expression
// for any other type.
func (m *module) setVar(n *node, g given) hcl.Diagnostics {
	at := m.l.given.place(g)
	val, err := m.parseVar(n.variable, g.text)
	var diags hcl.Diagnostics
	if err != "" {
		if n.sensitive {
			err = "it cannot be read; the value is sensitive, so it is not shown"
		}
		diags = hcl.Diagnostics{diag.Failure("Invalid value for a variable", fmt.Sprintf("The variable %q, set by %s: %s.", n.name, g.what, err), &at)}
	} else {
		if diags = n.refuseExtras(val, nil, at); !diags.HasErrors() {
			diags = n.setValue(val, nil, at)
		}
		for _, d := range diags {
			d.Detail += " It is set by " + g.what + "."
		}
		n.noteValue(Origin{What: g.what})
	}
	for _, d := range diags {
		if detail, ok := n.describeWrong(g); ok {
			d.Detail = detail
		} else if declared := fmt.Sprintf(" It is declared at %s.", diag.Place(n.rng)); !strings.Contains(d.Detail, declared) {
			d.Detail += declared
		}
		if n.isSecretive() {
			diag.Hide(d)
		}
	}
	m.l.given.show(m.l.files, g, diags)
	return diags
}

// parseVar reads a value from text. err is a clause, "" if there is none.
func (m *module) parseVar(v *variable, text string) (val cty.Value, err string) {
	if v.ty == cty.String || v.ty == cty.DynamicPseudoType && !v.hasType {
		return cty.StringVal(resource.EncodeText(text)), ""
	}
	if len(text) > source.MaxSize {
		return cty.NilVal, "it is too long"
	}
	const name = "value"
	tokens, _ := hclsyntax.LexExpression([]byte(text), name, hcl.InitialPos) // the parser reports the same
	if diags := syntax.CheckDepth(tokens); diags.HasErrors() {
		return cty.NilVal, "it nests too deep"
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, "it is no valid expression; it is written as in a manifest: " + exampleValue(v.ty)
	}
	if len(expr.Variables()) > 0 && (v.ty == cty.Number || v.ty == cty.Bool) {
		return cty.NilVal, fmt.Sprintf("%s is required, and %.40q was given", typeName(v.ty), text)
	}
	if len(expr.Variables()) > 0 {
		return cty.NilVal, "it must be a constant; text in a list or an object is written in quotes: " + exampleValue(v.ty)
	}
	val, diags = m.eval.Bounded(m.eval.Bind(expr), nil)
	if diags.HasErrors() {
		return cty.NilVal, "it is no constant: " + diags[0].Summary
	}
	return val, ""
}

// exampleValue returns an example of a value of a type, as text.
func exampleValue(ty cty.Type) string {
	switch {
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		if ty.IsTupleType() || ty.ElementType().IsPrimitiveType() {
			return `["a", "b"]`
		}
		return `[{ name = "a" }]`
	case ty.IsMapType() || ty.IsObjectType():
		return `{ name = "a", other = "b" }`
	case ty == cty.Number:
		return "80"
	case ty == cty.Bool:
		return "true"
	}
	return `"a", 80, true, ["a", "b"] or { name = "a" }`
}

// setFromFile reads a file of NAME = VALUE lines, or its JSON form.
func (l *loader) setFromFile(root *module, file string) hcl.Diagnostics {
	doc, err := l.files.ReadVars(file)
	if err != nil {
		return hcl.Diagnostics{diag.Failure("Cannot read the variables", diag.Sentence(err)+source.SuggestFile(file), nil)}
	}
	attrs, diags := syntax.ParseAttributes(doc)
	docs := map[string]source.Document{doc.Name: doc}
	if diags.HasErrors() {
		return l.showLines(docs, root.hideText(docs, "The file of variables", diags))
	}
	for _, a := range inOrder(attrs) {
		n := root.variables[a.Name]
		if n == nil {
			diags = append(diags, root.hideSecrets(docs, nil, root.refuseUnknown(a))...)
			continue
		}
		at := a.Expr.Range()
		val, more := root.eval.Bounded(root.eval.Bind(a.Expr), &hcl.EvalContext{})
		if more.HasErrors() {
			d := constantPlace{textOf(doc.Data), n.name, a.Expr, n.isSecretive()}.refuseInput("variables")
			if d == nil {
				d = diag.Failure("Not a constant", fmt.Sprintf("The value of %q in a file of variables must be a constant.", n.name), &at)
			}
			diags = append(diags, root.hideSecrets(docs, n, hcl.Diagnostics{d})...)
			continue
		}
		wrong := n.refuseExtras(val, a.Expr, at)
		if !wrong.HasErrors() {
			wrong = n.setValue(val, a.Expr, at)
		}
		diags = append(diags, root.hideSecrets(docs, n, wrong)...)
		n.noteValue(Origin{Place: at})
	}
	return l.showLines(docs, diags)
}

// describeInputs describes the inputs of the site.
func (l *loader) describeInputs(root *module) Inputs {
	in := Inputs{Files: l.files.List(), Vars: map[string]json.RawMessage{}}
	for _, n := range root.nodes {
		switch {
		case n.variable == nil || !n.done:
		case n.variable.fromData: // a later run reads it again and notices a difference
		case values.IsSensitive(n.val):
			in.Sensitive = append(in.Sensitive, n.name)
		default:
			if b, err := ctyjson.Marshal(n.val, n.val.Type()); err == nil { // capsules have no JSON; no variable of the root holds one
				in.Vars[n.name] = b
			}
		}
	}
	slices.Sort(in.Sensitive)
	return in
}
