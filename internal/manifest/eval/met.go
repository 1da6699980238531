package eval

import (
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"converge/internal/manifest/values"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// Met collects the sensitive strings that evaluation meets: values of variables, locals, inputs, outputs and attributes,
// and of every part of an expression whose value is sensitive. A command may print any of them.
type Met struct {
	set scrub.Set
}

// Add adds every sensitive string and number in v; all means that v as a whole is sensitive. It does not add names of
// attributes and keys of maps: they name secrets, and are not secret.
func (s *Met) Add(v cty.Value, all bool) {
	if v == cty.NilVal {
		return
	}
	if v.IsMarked() {
		v, _ = v.Unmark()
		all = true
	}
	ty := v.Type()
	switch {
	case v.IsNull() || !v.IsKnown():
	case ty == cty.String || ty == cty.Number:
		if !all {
			return
		}
		if text, err := convert.Convert(v, cty.String); err == nil {
			s.set.Add(text.AsString())
			if raw := resource.DecodeBytes(text.AsString()); raw != text.AsString() {
				s.set.Add(raw) // as programs print it
			}
		}
	case v.CanIterateElements() && (all || v.ContainsMarked()):
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			s.Add(e, all)
		}
	}
}

// AddWhole adds every string and number in v, and each of their lines, regardless of [Met.OpenTemplate]: the author has
// declared the whole sensitive.
func (s *Met) AddWhole(v cty.Value) {
	s.Add(v, true)
	v, _ = v.UnmarkDeep()
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) { // its callback returns no error
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			s.set.Close(e.AsString())
			s.set.Close(resource.DecodeBytes(e.AsString()))
		}
		return true, nil
	})
}

// OpenTemplate declares that lines without an action in a Go template are not secret by themselves, although the
// rendered text is.
func (s *Met) OpenTemplate(text string) {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "{{") && !strings.Contains(line, "}}") {
			s.set.Open(line)
		}
	}
}

// openLiterals declares the same for the literal lines of a string with interpolations.
func (s *Met) openLiterals(e *hclsyntax.TemplateExpr) {
	text := ""
	for _, p := range e.Parts {
		const gap = "${" // a line with an interpolation is not literal
		literal, ok := p.(*hclsyntax.LiteralValueExpr)
		switch {
		case !ok:
			text += gap
		case literal.Val.Type() == cty.String:
			text += strings.ReplaceAll(literal.Val.AsString(), gap, "")
		}
	}
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "${") {
			s.set.Open(line)
		}
	}
}

// AddPasswords adds the passwords in URLs in v: no author marks them, and every error of a fetch would show them. A long
// user name without a password counts as a token.
func (s *Met) AddPasswords(v cty.Value) {
	if v == cty.NilVal || v.IsMarked() || v.IsNull() || !v.IsKnown() {
		return // Add adds marked values as a whole
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		for _, word := range passwordsOf(v.AsString()) {
			s.set.Add(word)
		}
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			s.AddPasswords(e)
		}
	}
}

// minToken is the length from which the user name in a URL counts as a token.
const minToken = 16

func passwordsOf(text string) []string {
	if !strings.Contains(text[:min(len(text), 32)], "://") {
		return nil // a text, not a URL
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return nil
	}
	_, written, _ := strings.Cut(u.User.String(), ":")
	word, ok := u.User.Password()
	if !ok && len(u.User.Username()) >= minToken {
		word, written = u.User.Username(), u.User.String()
	}
	return []string{word, written}
}

// Allow declares that no string in v is sensitive.
func (s *Met) Allow(v cty.Value) {
	v, _ = v.UnmarkDeep()
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) { // its callback returns no error
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			s.set.Allow(e.AsString())
		}
		return true, nil
	})
}

// addExpr adds the sensitive strings in the value v of an expression, and in its
// parts.
func (s *Met) addExpr(expr hcl.Expression, v cty.Value, ctx *hcl.EvalContext) {
	switch expr.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.LiteralValueExpr:
		return // the evaluation of its target has added it
	}
	s.addValue(expr, v)
	s.addParts(expr, ctx)
}

// addValue adds the sensitive strings of an expression's value.
func (s *Met) addValue(expr hcl.Expression, v cty.Value) {
	s.Add(v, false)
	switch e := expr.(type) {
	case *hclsyntax.TemplateExpr:
		if values.IsSensitive(v) {
			s.openLiterals(e)
		}
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "sensitive" {
			s.AddWhole(v)
		}
	}
}

// addPart evaluates a part of an expression once more, and descends into its parts while they are sensitive. A part that
// cannot be evaluated alone may have parts that can.
func (s *Met) addPart(expr hcl.Expression, ctx *hcl.EvalContext) {
	switch expr.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.LiteralValueExpr, *hclsyntax.AnonSymbolExpr:
		return
	}
	v, diags := direct{}.evalExpr(expr, ctx)
	if !diags.HasErrors() {
		if !values.IsSensitive(v) {
			return
		}
		s.addValue(expr, v)
	}
	s.addParts(expr, ctx)
}

// addParts adds the sensitive strings in the parts of an expression.
func (s *Met) addParts(expr hcl.Expression, ctx *hcl.EvalContext) {
	if loop, ok := expr.(*hclsyntax.ForExpr); ok {
		s.addLoop(loop, ctx)
		return
	}
	for _, p := range Parts(expr) {
		s.addPart(p, ctx)
	}
}

// addLoop visits a for expression as its evaluation does.
func (s *Met) addLoop(e *hclsyntax.ForExpr, ctx *hcl.EvalContext) {
	s.addPart(e.CollExpr, ctx)
	coll, diags := e.CollExpr.Value(ctx)
	if diags.HasErrors() {
		return
	}
	coll, marks := coll.Unmark()
	if coll.IsNull() || !coll.IsKnown() || !coll.CanIterateElements() {
		return
	}
	for it := coll.ElementIterator(); it.Next(); {
		k, v := it.Element()
		inner := ctx.NewChild()
		inner.Variables = map[string]cty.Value{e.ValVar: v.WithMarks(marks)}
		if e.KeyVar != "" {
			inner.Variables[e.KeyVar] = k.WithMarks(marks)
		}
		for _, p := range []hclsyntax.Expression{e.KeyExpr, e.ValExpr, e.CondExpr} {
			if p != nil {
				s.addPart(p, inner)
			}
		}
	}
}

// Words returns the sensitive strings that were met.
func (s *Met) Words() scrub.Words { return s.set.Words() }
