package manifest

import (
	"context"
	"os"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// expressionName is the file name in errors about an expression that no file contains.
const expressionName = "<expression>"

// asked evaluates expressions after the site has been loaded.
type asked struct {
	root *module
	stop context.CancelFunc
}

// NearFile returns the existing path that a path which does not exist was probably meant to be; "" if there is none.
func NearFile(path string) string { return source.NearFile(path) }

// IsFolderOfManifests reports whether a folder contains a manifest. An unreadable folder may contain one.
func IsFolderOfManifests(path string) bool {
	entries, err := os.ReadDir(path)
	return err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return source.IsManifestName(e.Name()) })
}

// Close ends the evaluation of expressions.
func (s *Site) Close() {
	if s.asked != nil {
		s.asked.stop()
	}
}

// Evaluate evaluates one expression at a time as if it were in the root manifest, see [Options.Asks]. If fatal is true,
// the evaluation may still be running, so Evaluate must not be called again.
func (s *Site) Evaluate(ctx context.Context, text string) (v cty.Value, diags hcl.Diagnostics, fatal bool) {
	l := s.asked.root.l
	s.Files[expressionName] = &hcl.File{Bytes: []byte(text)}
	done := make(chan struct{})
	var val cty.Value
	var found hcl.Diagnostics
	go func() {
		defer close(done)
		found = diag.Guard(func() (diags hcl.Diagnostics) {
			val, diags = s.asked.root.evaluateText(text)
			return diags
		})
	}()
	over := make(chan struct{})
	defer close(over)
	select {
	case <-done:
	case d := <-l.eval.Watch(over, l.files.Size):
		return cty.NilVal, hcl.Diagnostics{d}, true
	case <-ctx.Done():
		return cty.NilVal, hcl.Diagnostics{diag.Failure("Interrupted", ctx.Err().Error(), nil)}, true
	}
	s.Secrets = l.met.Words()
	if err := l.host.failure(); err != nil {
		found = hcl.Diagnostics{diag.Failure("Node not known", diag.Sentence(err), nil)}
	}
	return val, diag.Tidy(found), false
}

// evaluateText evaluates an expression in a module that has been evaluated already.
func (m *module) evaluateText(text string) (cty.Value, hcl.Diagnostics) {
	parsed, diags := hclsyntax.ParseExpression([]byte(text), expressionName, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	expr := m.eval.Bind(parsed)
	refs, diags := resolver{m}.resolveAll(expr.Variables(), nil)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	for i := range refs {
		if n := refs[i].node; n != nil && !n.done { // all of a kind, or of a module: made for this reference
			diags = append(diags, n.evaluateOnce()...)
		}
	}
	ctx, ok := m.buildScope(refs)
	if !ok || diags.HasErrors() {
		return cty.NilVal, diags
	}
	return m.eval.Value(expr, ctx)
}

// Output is an output of the root.
type Output struct {
	Name      string
	Value     cty.Value // plain, see [Plain]
	Sensitive bool      // a part of the value is withheld
}

// listOutputs returns the outputs of the module in order of name.
func (m *module) listOutputs() []Output {
	var out []Output
	for _, name := range sortedNames(m.outputs) {
		o := Output{Name: name}
		o.Value, o.Sensitive = Plain(m.outputs[name].val)
		out = append(out, o)
	}
	return out
}

// Substitutes for a value that is withheld, or not known here.
const (
	Withheld = "(sensitive)" // as in package view
	Unread   = "(not known: made from a secret, which is not read here)"
)

// Plain returns a value in a form that may be printed: [Withheld] replaces its sensitive parts, and actions and
// resources are written as in a manifest. withheld reports whether any part was replaced.
func Plain(v cty.Value) (plain cty.Value, withheld bool) {
	if v.IsMarked() {
		return cty.StringVal(Withheld), true
	}
	ty := v.Type()
	switch {
	case !v.IsKnown():
		return cty.StringVal(Unread), false
	case v.IsNull():
		return cty.NullVal(cty.DynamicPseudoType), false
	case ty.IsCapsuleType():
		if a, ok := v.EncapsulatedValue().(*action); ok {
			return cty.StringVal(a.target.res.Addr.String() + "." + a.verb), false
		}
		return cty.StringVal("(" + ty.FriendlyName() + ")"), false
	case ty.IsObjectType() || ty.IsMapType():
		out := map[string]cty.Value{}
		for it := v.ElementIterator(); it.Next(); {
			key, e := it.Element()
			if name := key.AsString(); name != self {
				value, secret := Plain(e)
				out[name], withheld = value, withheld || secret
			}
		}
		return cty.ObjectVal(out), withheld
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		var out []cty.Value
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			value, secret := Plain(e)
			out, withheld = append(out, value), withheld || secret
		}
		return cty.TupleVal(out), withheld
	}
	return v, false
}
