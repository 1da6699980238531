package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// variable holds the attributes of a variable block besides its value.
type variable struct {
	ty          cty.Type
	defaults    *typeexpr.Defaults
	hasType     bool
	hasDefault  bool
	defaultAt   hcl.Range
	validations []validation

	// Of a variable of the root: its value with the origins of its parts, and the same for its default alone.
	datum, base *datum
	baseSecret  bool // the default is sensitive
	fromData    bool // files of data set the value
}

// maxType is the size in bytes of the longest type: in JSON a type is a string, which the nesting check did not parse.
const maxType = 8 << 10

type validation struct {
	condition, message hcl.Expression
}

func (dec decoder) decodeVariable(hb *hcl.Block) (*node, hcl.Diagnostics) {
	content, diags := dec.readContent(hb.Body, hb.Type, &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
	})
	v := &variable{ty: cty.DynamicPseudoType}
	n := &node{what: "variable", name: hb.Labels[0], mod: dec.mod, home: dec.mod, rng: hb.DefRange, variable: v}
	if a := content.Attributes["type"]; a != nil {
		var more hcl.Diagnostics
		v.hasType = true
		if r := a.Expr.Range(); r.End.Byte-r.Start.Byte > maxType {
			more = hcl.Diagnostics{diag.Failure("Invalid type specification", "The type is too long.", hb.DefRange.Ptr())}
		} else {
			v.ty, v.defaults, more = typeexpr.TypeConstraintWithDefaults(a.Expr)
			more = dec.explainType(more)
		}
		diags = append(diags, more...)
	}
	diags = append(diags, dec.evaluateBool(content.Attributes["sensitive"], &n.sensitive)...)
	diags = append(diags, dec.readConstant(content.Attributes["description"], cty.String, "", func(cty.Value) error { return nil })...)
	for _, vb := range content.Blocks {
		c, more := dec.readContent(vb.Body, "validation", &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
			{Name: "condition", Required: true}, {Name: "error_message", Required: true},
		}})
		if diags = append(diags, more...); !more.HasErrors() {
			v.validations = append(v.validations, validation{dec.mod.eval.Bind(c.Attributes["condition"].Expr), dec.mod.eval.Bind(c.Attributes["error_message"].Expr)})
		}
	}
	if a := content.Attributes["default"]; a != nil && !diags.HasErrors() {
		v.hasDefault, v.defaultAt = true, a.Expr.Range()
		diags = append(diags, n.setDefault(a)...)
	}
	return n, diags
}

func (n *node) setDefault(a *hcl.Attribute) hcl.Diagnostics {
	if len(a.Expr.Variables()) > 0 {
		return hcl.Diagnostics{constantPlace{n.mod.l.files.TextAt, a.Name, a.Expr, n.sensitive}.refuseDefault(n.name)}
	}
	val, diags := n.mod.eval.Value(n.mod.eval.Bind(a.Expr), n.mod.ctx)
	if diags.HasErrors() {
		if n.sensitive {
			for _, d := range diags {
				diag.Hide(d)
				d.Detail = eval.WithheldDetail
			}
		}
		return diags
	}
	if diags = n.refuseExtras(val, a.Expr, a.Expr.Range()); diags.HasErrors() {
		return diags
	}
	return n.setValue(val, a.Expr, a.Expr.Range())
}

// setValue converts val to the variable's type and sets it. expr is the expression that set the value, nil if it has no
// place of its own; at is the place where it was set.
func (n *node) setValue(val cty.Value, expr hcl.Expression, at hcl.Range) hcl.Diagnostics {
	v := n.variable
	secret := n.sensitive || values.IsSensitive(val)
	if v.defaults != nil && !val.IsNull() {
		val = values.ApplyDefaults(v.defaults, val)
	}
	converted, err := values.Convert(val, v.ty)
	if err != nil {
		return hcl.Diagnostics{n.describeWrongPart(findWrong(val, expr, v.ty, at), secret)}
	}
	val = converted
	if n.sensitive {
		val = val.Mark(values.Sensitive)
		n.mod.l.met.AddWhole(val)
	}
	n.val, n.done = val, true
	return nil
}

// explainConversion names the part of a value that has the wrong type, and the type that it has.
func explainConversion(ty cty.Type, err error) string {
	text := err.Error()
	_, given, ok := strings.Cut(text, " required, but have ")
	if ok {
		text = resource.WithArticle(strings.Replace(given, "tuple", "list", 1)) + " was given"
	}
	var part cty.PathError
	if errors.As(err, &part) && len(part.Path) > 0 && !strings.HasPrefix(text, "element ") {
		text = "element " + describePath(part.Path) + ": " + text
	}
	if ok && len(part.Path) == 0 && (ty.IsListType() || ty.IsSetType()) {
		text += "; a list stands in brackets: [" + exampleOf(ty.ElementType(), cty.NullVal(cty.String)) + "]"
	}
	return text
}

// describePath writes the path of a part of a value as a reference.
func describePath(p cty.Path) string {
	var b strings.Builder
	for _, step := range p {
		switch s := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + s.Name)
		case cty.IndexStep:
			if s.Key.Type() == cty.Number {
				b.WriteString("[" + s.Key.AsBigFloat().Text('f', -1) + "]")
			} else if s.Key.Type() == cty.String {
				fmt.Fprintf(&b, "[%q]", s.Key.AsString())
			}
		}
	}
	text := strings.TrimPrefix(b.String(), ".")
	if len(p) == 1 { // the only step needs no brackets
		text = strings.Trim(text, "[]")
	}
	return text
}

// checkValidations checks the value against the variable's validation blocks. They see the module's variables, and what
// each module sees.
func (n *node) checkValidations(m *module) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, v := range n.variable.validations {
		uses := append(v.condition.Variables(), v.message.Variables()...)
		refs, more := resolver{m}.resolveAll(uses, nil)
		if diags = append(diags, more...); more.HasErrors() {
			continue
		}
		if i := slices.IndexFunc(refs, func(r ref) bool { return r.node != nil && r.node.secret != nil }); i >= 0 {
			diags = append(diags, diag.Failure("Secret in a validation", "A variable is checked before any secret is read.", refs[i].trav.SourceRange().Ptr()))
			continue
		}
		ctx, ok := m.buildScope(refs)
		if !ok {
			continue
		}
		cond, more := m.eval.Value(v.condition, ctx)
		if diags = append(diags, more...); more.HasErrors() || m.l.isUnread(cond) {
			continue
		}
		switch cond, ok := plainValue(cond, cty.Bool); {
		case !ok:
			diags = append(diags, diag.Failure("Invalid validation", "The condition must be true or false.", v.condition.Range().Ptr()))
		case cond.False():
			diags = append(diags, n.describeInvalid(m, v, ctx))
		}
	}
	return diags
}

// describeInvalid returns the validation's own message, unless it would show a secret.
func (n *node) describeInvalid(m *module, v validation, ctx *hcl.EvalContext) *hcl.Diagnostic {
	msg, diags := m.eval.Value(v.message, ctx)
	if diags.HasErrors() {
		return diags[0]
	}
	plain, ok := plainValue(msg, cty.String)
	text := "The value does not pass the validation."
	switch {
	case values.IsSensitive(msg):
		text = "The value does not pass the validation. Its message would quote a sensitive value, so it is not shown."
	case ok:
		text = plain.AsString()
	}
	text = diag.End(text)
	if d := n.variable.datum; d != nil && d.origin().String() != "" {
		text += fmt.Sprintf(" The value is from %s.", d.origin())
	}
	return diag.Failure(fmt.Sprintf("Invalid value for the variable %q", n.name), text, v.condition.Range().Ptr())
}
