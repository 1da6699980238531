package manifest

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// setFromData sets the root's variables from the files of settings { data }: each file overrides those before it and the
// defaults.
func (l *loader) setFromData(root *module) hcl.Diagnostics {
	if root.dataExpr == nil {
		return nil
	}
	names, diags := root.evaluateDataNames()
	if diags.HasErrors() {
		return diags
	}
	written := findLiterals(root.dataExpr)
	given, docs := map[*node]bool{}, map[string]source.Document{}
	for _, name := range names {
		path := root.folder.resolvePath(name)
		doc, err := l.files.ReadVars(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !written[name]:
			l.files.NoteAsked(path, false)
			continue
		case err != nil:
			diags = append(diags, diag.Failure("Cannot read data", diag.Sentence(err)+missingHint(path, err), root.dataExpr.Range().Ptr()))
			continue
		}
		docs[doc.Name] = doc
		diags = append(diags, root.layDocument(doc, given)...)
	}
	if diags.HasErrors() {
		return l.showLines(docs, diags)
	}
	for _, n := range root.nodes {
		if given[n] {
			diags = append(diags, root.hideSecrets(docs, n, n.setMerged())...)
		}
	}
	return l.showLines(docs, diags)
}

func missingHint(path string, err error) string {
	if !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if near := source.SuggestFile(path); near != "" {
		return near
	}
	return " A name that is written out must exist; one that is made from node, with ${ }, need not."
}

// evaluateDataNames evaluates settings { data }: a list of names of files.
func (m *module) evaluateDataNames() ([]string, hcl.Diagnostics) {
	at := m.dataExpr.Range()
	refs, diags := resolver{m}.resolveAll(m.dataExpr.Variables(), nil)
	if diags.HasErrors() {
		return nil, diags
	}
	for i := range refs {
		if refs[i].use != useNode && refs[i].use != usePath {
			return nil, hcl.Diagnostics{diag.Failure("Data needs more than node", "Data is read before anything else is evaluated, so its names can be made from node and path.module only.", refs[i].trav.SourceRange().Ptr())}
		}
	}
	ctx, _ := m.buildScope(refs) // neither of the two can fail
	v, diags := m.eval.Value(m.dataExpr, ctx)
	if diags.HasErrors() {
		return nil, diags
	}
	list, ok := plainValue(v, cty.List(cty.String))
	if !ok {
		return nil, hcl.Diagnostics{diag.Failure("Invalid data", "data must be a list of names of files.", &at)}
	}
	var names []string
	for _, e := range list.AsValueSlice() {
		if e.IsNull() || e.AsString() == "" {
			return nil, hcl.Diagnostics{diag.Failure("Invalid data", "A name of a file must not be null or empty.", &at)}
		}
		names = append(names, resource.DecodeBytes(e.AsString()))
	}
	return names, nil
}

// findLiterals returns the strings that an expression contains in full: names of files that must exist.
func findLiterals(expr hcl.Expression) map[string]bool {
	out := map[string]bool{}
	root, ok := expr.(hclsyntax.Node)
	if !ok {
		return out
	}
	_ = hclsyntax.VisitAll(root, func(n hclsyntax.Node) hcl.Diagnostics { // the visitor has none
		if t, ok := n.(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
			if v, diags := t.Value(nil); !diags.HasErrors() {
				out[resource.DecodeBytes(v.AsString())] = true
			}
		}
		return nil
	})
	return out
}

// layDocument lays the values of a file over the current values of the variables, and notes in given which variables it
// sets.
func (m *module) layDocument(doc source.Document, given map[*node]bool) hcl.Diagnostics {
	attrs, diags := syntax.ParseAttributes(doc)
	docs := map[string]source.Document{doc.Name: doc}
	if diags.HasErrors() {
		return m.hideText(docs, "The file of data", diags)
	}
	for _, a := range inOrder(attrs) {
		n := m.variables[a.Name]
		if n == nil {
			diags = append(diags, m.hideSecrets(docs, nil, m.refuseUnknown(a))...)
			continue
		}
		expr := m.eval.Bind(a.Expr)
		val, more := m.eval.Bounded(expr, &hcl.EvalContext{})
		if more.HasErrors() {
			d := constantPlace{textOf(doc.Data), n.name, a.Expr, n.isSecretive()}.refuseInput("data")
			if d == nil {
				d = diag.Failure("Not a constant", fmt.Sprintf("The value of %q in a file of data must be a constant.", n.name), a.Expr.Range().Ptr())
			}
			diags = append(diags, m.hideSecrets(docs, n, hcl.Diagnostics{d})...)
			continue
		}
		diags = append(diags, m.hideSecrets(docs, n, n.refuseExtras(val, expr, a.Expr.Range()))...)
		d := newDatum(val, expr, Origin{Place: a.NameRange})
		n.variable.datum = layOver(n.variable.datum, d)
		given[n] = true
	}
	return diags
}

// setMerged sets the variable to its merged layers. A null that replaces the whole value removes the layers below, so
// that the default applies.
func (n *node) setMerged() hcl.Diagnostics {
	v := n.variable
	v.fromData = true
	val := v.datum.value()
	if val == cty.NilVal {
		if v.base != nil {
			v.datum = v.base.replacing(v.datum)
		}
		return nil
	}
	if v.baseSecret {
		val = val.Mark(values.Sensitive)
	}
	diags := n.setValue(val, nil, v.datum.from.Place)
	if w := v.datum.findMismatch(v.ty); diags.HasErrors() {
		diags = hcl.Diagnostics{n.describeWrongPart(w, n.isSecretive())}
	}
	return diags
}

// noteDefault makes the default of a variable its lowest layer.
func (n *node) noteDefault() {
	v := n.variable
	if !v.hasDefault || !n.done {
		return
	}
	v.baseSecret = values.IsSensitive(n.val)
	v.base = newDatum(values.Unmark(n.val), nil, Origin{What: "default", Place: v.defaultAt})
	v.datum = v.base
}

// noteValue records a value that replaces all layers of the variable.
func (n *node) noteValue(from Origin) {
	if !n.done {
		return
	}
	d := newDatum(values.Unmark(n.val), nil, from)
	if n.variable.datum != nil {
		d = d.replacing(n.variable.datum)
	}
	n.variable.datum, n.variable.fromData = d, false
}
