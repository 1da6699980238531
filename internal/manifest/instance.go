package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/render"
	"converge/internal/resource"
)

// acceptValue converts a value to its attribute's type and checks it. It returns cty.NilVal for null, which means
// absent. expr is the expression that set the value; nil: the label.
func (b *block) acceptValue(idx int, given cty.Value, expr hcl.Expression, at hcl.Range, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	a := &b.kind.Attrs[idx]
	if b.mod.l.isUnread(given) {
		return acceptUnread(a, given), nil
	}
	val, err := checkValue(a, given)
	if err == nil {
		return val, nil
	}
	what := cmp.Or(describeGuard(b.mod.l.files, a.Name, given, expr), describeComputed(b.mod.l.files, a.Name, a.Type, given, expr))
	if what = diag.End(what); what == "" || a.Secret {
		what = diag.End(err.Error()) + explainMisused(b, a, given, expr)
	}
	d := diag.Failure("Invalid value", fmt.Sprintf("In %s, %s %s", b.addr(), a.Name, what), &at)
	d.Subject = placeNamed(expr, err.Error(), at)
	if null, ok := b.mod.findNullIn(expr, ctx); ok && !a.Type.IsPrimitiveType() && given.CanIterateElements() {
		d.Detail += " Here " + null.String() + "."
		d.Subject = &null.At
	}
	if a.Secret {
		diag.Hide(d)
	}
	return cty.NilVal, hcl.Diagnostics{d}
}

// checkValue is acceptValue with an error that is a clause without subject. It
// quotes no sensitive value.
func checkValue(a *resource.Attr, val cty.Value) (cty.Value, error) {
	secret := a.Secret || values.IsSensitive(val)
	if !val.IsWhollyKnown() {
		return cty.NilVal, errors.New("has no definite value")
	}
	if val.IsNull() {
		return cty.NilVal, nil
	}
	given := val
	val, err := convertTo(val, a.Type)
	if err != nil {
		return cty.NilVal, describeMistype(a, given, err, secret)
	}
	if val, err = values.SpellAll(val); err != nil {
		return cty.NilVal, errors.New("holds what cannot be read")
	}
	plain := values.Unmark(val)
	if plain.IsNull() {
		return cty.NilVal, nil
	}
	if a.OneOf != nil && a.Type == cty.String && !slices.Contains(a.OneOf, plain.AsString()) {
		must := "must be one of " + strings.Join(a.OneOf, ", ")
		if secret {
			return cty.NilVal, errors.New(must)
		}
		return cty.NilVal, fmt.Errorf("%s, not %q.%s", must, plain.AsString(), suggestValue(a, plain.AsString()))
	}
	if a.Check == nil {
		return val, nil
	}
	if err := a.Check(plain); err != nil && secret && !errors.As(err, new(resource.FormError)) {
		return cty.NilVal, errors.New("does not have the form it must; the value is sensitive, so the reason is withheld")
	} else if err != nil {
		return cty.NilVal, err
	}
	return val, nil
}

// describeMistype names the required type for a value that could not be converted.
func describeMistype(a *resource.Attr, given cty.Value, err error, secret bool) error {
	ty := a.Type
	must := "must be " + typeName(ty)
	switch {
	case secret:
		return errors.New(must + "; the value is sensitive, so it is not shown")
	case ty == cty.Bool && given.Type() == cty.String:
		return fmt.Errorf("must be true or false, without quotes; %.40q is a text", values.Unmark(given).AsString())
	case a.Name == "command" && given.Type() == cty.String && strings.ContainsAny(values.Unmark(given).AsString(), "`$|&;<>\"'*"):
		return fmt.Errorf("%s: no shell reads it. One is called by [\"sh\", \"-c\", %q]", must, values.Unmark(given).AsString())
	case (ty.IsListType() || ty.IsSetType()) && given.Type().IsPrimitiveType():
		return fmt.Errorf("%s, in brackets, and not %s: [%s]", must, nameGiven(given.Type()), exampleOf(ty.ElementType(), values.Unmark(given)))
	case ty.IsMapType() && !given.Type().IsMapType() && !given.Type().IsObjectType():
		return fmt.Errorf("%s, not %s: { NAME = %q }", must, nameGiven(given.Type()), "value")
	case ty.IsPrimitiveType() && given.Type() == cty.String:
		return fmt.Errorf("%s; %.40q is a text", must, values.Unmark(given).AsString())
	case ty == cty.Bool:
		return fmt.Errorf("must be true or false, not %s", nameGiven(given.Type()))
	case ty.IsPrimitiveType() && !given.Type().IsPrimitiveType():
		return fmt.Errorf("%s, not %s", must, nameGiven(given.Type()))
	case err.Error() == ty.FriendlyNameForConstraint()+" required", strings.HasPrefix(err.Error(), ty.FriendlyName()+" required, but have "):
		return fmt.Errorf("%s, not %s", must, nameGiven(given.Type()))
	case err.Error() == typeName(ty)+" is required":
		return errors.New(must)
	}
	return fmt.Errorf("%s: %w", must, err)
}

// nameGiven names the type of a value in the author's terms: a value in brackets is a list.
func nameGiven(ty cty.Type) string {
	if ty.IsTupleType() {
		return "a list"
	}
	return typeName(ty)
}

// exampleOf shows how to write the elements of a list: those of the single text that was set, if it is a plain one.
func exampleOf(ty cty.Type, given cty.Value) string {
	const quoting = "\\\"'`$|&;<>()"
	switch {
	case ty == cty.Number && !given.IsNull() && given.IsKnown():
		if n, err := convertTo(given, cty.Number); err == nil && !n.IsNull() {
			return n.AsBigFloat().Text('f', -1)
		}
		fallthrough
	case ty == cty.Number:
		return "1, 2"
	case ty != cty.String || given.IsNull() || !given.IsKnown() || given.Type() != cty.String:
		return `"a", "b"`
	}
	words := strings.FieldsFunc(given.AsString(), func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if len(words) == 0 || len(given.AsString()) > 80 || strings.ContainsAny(given.AsString(), quoting) {
		return `"a", "b"`
	}
	for i, w := range words {
		words[i] = strconv.Quote(w)
	}
	return strings.Join(words, ", ")
}

// convertTo converts a value to a type as [values.Convert] does; the text of a
// content stays text.
func convertTo(val cty.Value, ty cty.Type) (cty.Value, error) {
	if ty == resource.BlobType {
		ty = cty.String
	}
	if ty == cty.DynamicPseudoType || ty == cty.NilType || ty.IsPrimitiveType() && ty == val.Type() {
		return val, nil
	}
	return values.Convert(val, ty)
}

func typeName(ty cty.Type) string {
	if ty == resource.BlobType {
		ty = cty.String
	}
	return describeCollection(ty)
}

// finishResource makes the resource of an instance whose attributes are evaluated.
func (in *instance) finishResource(vals []attrVal) hcl.Diagnostics {
	b := in.block
	vals, diags := in.completeAttrs(vals)
	in.vals = vals
	if diags.HasErrors() {
		return diags
	}
	g, diags := in.gatherAttrs(vals)
	if diags.HasErrors() {
		return diags
	}
	want, err := in.prepareWant(g.attrs)
	if err != nil && g.unread { // the error may be about a placeholder
		in.res.Want, in.res.Off = cty.EmptyObjectVal, true
		return nil
	}
	if err != nil {
		return hcl.Diagnostics{in.prepareFailure(err, g.quoted)}
	}
	openTemplate(b.mod, g)
	in.res.Want, in.nulls = want, nil
	in.res.Secret = nameSecrets(b.kind.Kind, want, g.attrs, g.marked)
	if name := secretInKey(b.kind.Kind, want, in.res.Secret); name != "" {
		return hcl.Diagnostics{diag.Failure("Sensitive name", fmt.Sprintf(
			"The %s of %s is sensitive and part of what the thing is known by, so it would surface in the state.", name, in.res.Addr), &b.rng)}
	}
	b.mod.l.pool.KeepLinks(in.res) // here, where all processors work
	return in.checkProtected()
}

// openTemplate declares that the lines of a template with sensitive variables are not secret by themselves.
func openTemplate(m *module, g gathered) {
	if !g.marked["vars"] || g.marked["inline"] {
		return
	}
	if v, ok := g.attrs["inline"]; ok && v.Type() == cty.String {
		m.l.met.OpenTemplate(resource.DecodeBytes(v.AsString()))
	}
	if v, ok := g.attrs["source"]; ok && v.Type() == cty.String {
		if text, err := m.folder.readFile(v.AsString()); err == nil { // it has been read to render it
			m.l.met.OpenTemplate(string(text))
		}
	}
}

// gathered holds the attributes of a resource as Prepare takes them.
type gathered struct {
	attrs  map[string]cty.Value
	marked map[string]bool // made from a sensitive value
	quoted bool            // an error must not quote a value
	unread bool            // it contains the placeholder of a value that is not read here, such as a secret under validate
}

// gatherAttrs removes the marks from the values, and refuses a sensitive value in an attribute that is public.
func (in *instance) gatherAttrs(vals []attrVal) (gathered, hcl.Diagnostics) {
	b := in.block
	g := gathered{attrs: make(map[string]cty.Value, len(vals)), marked: map[string]bool{}}
	for _, v := range vals {
		a := &b.kind.Attrs[v.idx]
		if a.Secret || in.isSecretive(v.idx) {
			b.mod.l.met.AddWhole(v.val)
		} else {
			b.mod.l.met.Add(v.val, false)
		}
		b.mod.l.met.AddPasswords(v.val)
		plain, secret := v.val, values.IsSensitive(v.val)
		if secret && a.Shown {
			return g, hcl.Diagnostics{diag.Failure("Sensitive "+a.Name, fmt.Sprintf(
				"The %s of %s is made from a sensitive value, and all users of the host would see it.", a.Name, in.res.Addr), b.attrRange(v.idx).Ptr())}
		}
		if secret {
			plain = values.Unmark(plain)
			g.marked[a.Name] = true
		}
		if b.mod.l.isUnread(v.val) {
			g.unread = true
			if plain = placeholder(v.val, a.Type); plain.IsNull() {
				continue
			}
		}
		if a.Type == resource.BlobType {
			plain = resource.BlobVal(resource.TextBlob(resource.DecodeBytes(plain.AsString())))
		}
		g.attrs[a.Name] = plain
		g.quoted = g.quoted || secret || a.Secret || a.Name == "sensitive" && plain.Type() == cty.Bool && plain.True()
	}
	if b.kind.Label != "" && g.marked[b.kind.Label] {
		return g, hcl.Diagnostics{diag.Failure("Sensitive name", fmt.Sprintf(
			"The %s of %s is made from a sensitive value, and would surface in every plan and log.", b.kind.Label, in.res.Addr), b.attrRange(b.kind.label).Ptr())}
	}
	return g, nil
}

// completeAttrs adds the label and the kind's defaults, and reports missing required
// attributes.
func (in *instance) completeAttrs(vals []attrVal) ([]attrVal, hcl.Diagnostics) {
	b := in.block
	has := func(idx int) bool {
		return slices.ContainsFunc(vals, func(v attrVal) bool { return v.idx == idx })
	}
	var diags hcl.Diagnostics
	for idx := range b.kind.Attrs {
		a := &b.kind.Attrs[idx]
		labelled := idx == b.kind.label && b.kind.labelFills(b.label)
		if !labelled && !a.Required && a.Default == cty.NilVal || has(idx) {
			continue
		}
		switch {
		case labelled:
			val, more := b.acceptValue(idx, cty.StringVal(b.label), nil, b.labelRange(), nil)
			diags = append(diags, more...)
			if val != cty.NilVal {
				vals = append(vals, attrVal{idx, val})
			}
		case a.Default != cty.NilVal:
			vals = append(vals, attrVal{idx, a.Default})
		default:
			diags = append(diags, explainNullAttr(in, b.describeMissing(idx)))
		}
	}
	slices.SortFunc(vals, func(x, y attrVal) int { return x.idx - y.idx })
	return vals, diags
}

func (b *block) describeMissing(idx int) *hcl.Diagnostic {
	name, hint := b.kind.Attrs[idx].Name, ""
	if idx == b.kind.label && name == "path" {
		hint = fmt.Sprintf(" Set it, or make the label the path, which starts with a slash: %s %q.", b.kind.Name, "/"+b.label)
	}
	if rest, ok := strings.CutPrefix(b.label, "~"); ok && hint != "" {
		return diag.Failure("Invalid value", fmt.Sprintf("~ is not expanded: write the folder out, such as %s %q for root.", b.kind.Name, "/root"+rest), &b.rng)
	}
	return diag.Failure("Missing attribute", fmt.Sprintf("%s needs the attribute %q.%s", b.addr(), name, hint), &b.rng)
}

// prepareWant runs the kind's own step from the declared to the wanted value.
func (in *instance) prepareWant(attrs map[string]cty.Value) (cty.Value, error) {
	b := in.block
	if b.kind.Prepare != nil {
		m := b.mod
		if _, renders := b.kind.attr["vars"]; renders {
			defer m.eval.Begin(&b.rng)()
		}
		var err error
		attrs, err = b.kind.Prepare(resource.Input{
			Addr: in.res.Addr, Attrs: attrs, Dir: m.folder.dir, Node: m.l.host.templateValue,
			ReadFile: m.folder.readFile, Source: m.folder.readBlob,
		})
		if err != nil {
			return cty.NilVal, err
		}
	}
	for name, v := range attrs {
		if v == cty.NilVal || v.IsNull() {
			delete(attrs, name)
		}
	}
	return cty.ObjectVal(attrs), nil
}

// prepareFailure shows the error of a kind's Prepare at the attribute that it is about; an error of a template is shown
// in the template.
func (in *instance) prepareFailure(err error, secret bool) *hcl.Diagnostic {
	b := in.block
	at, text := b.rng, err.Error()
	var ae *resource.AttrError
	if errors.As(err, &ae) {
		if idx, ok := b.kind.attr[ae.Attr]; ok {
			at = b.attrRange(idx)
			if word, ok := findWord(b.mod.l.files, at, ae.Word); ok && !secret {
				at = word
			}
		}
		text = ae.Attr + joinClause(ae.Err.Error())
	}
	var re *render.RenderError
	isTemplate := errors.As(err, &re)
	if secret && !isTemplate {
		text = "The reason is withheld, because it may quote a sensitive value"
		if ae != nil {
			text = ae.Attr + ": the reason is withheld, because it may quote a sensitive value"
		}
	}
	d := diag.Failure("Invalid "+b.kind.Name, fmt.Sprintf("In %s: %s", in.res.Addr, diag.End(text)), &at)
	if isTemplate {
		var place hcl.Range
		d.Detail, place = in.describeTemplate(re, at, secret)
		d.Subject = &place
	}
	if ae != nil {
		if a, ok := b.kind.Attr(ae.Attr); ok && a.Secret {
			diag.Hide(d)
		}
	}
	if diag.IsHidden(d) || isTemplate {
		return d
	}
	return explainNullAttr(in, d)
}

// joinClause joins a clause to the name of the attribute before it.
func joinClause(text string) string {
	for _, verb := range []string{"is ", "must ", "has ", "needs ", "takes "} {
		if strings.HasPrefix(text, verb) {
			return " " + text
		}
	}
	return ": " + text
}

// nameSecrets names the attributes of want that must not be shown: those that the kind derives from sensitive ones and,
// in case a kind misses one, all content if any attribute was sensitive.
func nameSecrets(k *resource.Kind, want cty.Value, attrs map[string]cty.Value, marked map[string]bool) map[string]bool {
	out := k.Secrets(want, marked)
	s, ok := attrs["sensitive"]
	if len(marked) > 0 || ok && s.Type() == cty.Bool && s.True() {
		for name, v := range want.AsValueMap() {
			if v.Type() == resource.BlobType {
				out[name] = true
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
