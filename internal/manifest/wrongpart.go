package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// wrongPart is the part of a value that does not fit its type.
type wrongPart struct {
	at    hcl.Range
	path  cty.Path // of the part in the value
	given cty.Value
	ty    cty.Type // the type that the part must have
	err   error
}

// findWrong finds the innermost part of a value that does not fit its type; the whole value if there is none. expr is
// the expression that set the value, nil if it has no place of its own; at is the place where the value was set.
func findWrong(val cty.Value, expr hcl.Expression, ty cty.Type, at hcl.Range) wrongPart {
	w := wrongPart{at: at, given: val, ty: ty}
	for step, ok := w.step(); ok; step, ok = w.step() {
		w.path = append(w.path, step)
		if expr == nil {
			continue
		}
		if pair, found := findPart(expr, step); found {
			expr = pair.Value
			w.at = expr.Range()
		} else {
			expr = nil
		}
	}
	return w
}

// step continues to the first element that does not fit the element type; false if there is none.
func (w *wrongPart) step() (cty.PathStep, bool) {
	_, w.err = values.Convert(w.given, w.ty)
	if w.err == nil || w.given.IsMarked() || w.given.IsNull() || !w.given.CanIterateElements() {
		return nil, false
	}
	n := 0
	for it := w.given.ElementIterator(); it.Next(); n++ {
		key, e := it.Element()
		inner, ok := typeOfElement(w.ty, key, n)
		if !ok {
			continue
		}
		if _, err := values.Convert(e, inner); err == nil {
			continue
		}
		isName := w.given.Type().IsObjectType() && w.ty.IsObjectType()
		w.given, w.ty = e, inner
		switch {
		case isName:
			return cty.GetAttrStep{Name: key.AsString()}, true
		case key.Type() == cty.String || key.Type() == cty.Number:
			return cty.IndexStep{Key: key}, true
		}
		return cty.IndexStep{Key: cty.NumberIntVal(int64(n))}, true
	}
	return nil, false
}

// typeOfElement returns the type that an element must have; n is its position.
func typeOfElement(ty cty.Type, key cty.Value, n int) (cty.Type, bool) {
	switch {
	case ty.IsCollectionType() && (ty.IsMapType() == (key.Type() == cty.String)):
		return ty.ElementType(), true
	case ty.IsObjectType() && key.Type() == cty.String && ty.HasAttribute(key.AsString()):
		return ty.AttributeType(key.AsString()), true
	case ty.IsTupleType() && key.Type() == cty.Number && n < ty.Length():
		return ty.TupleElementType(n), true
	}
	return cty.NilType, false
}

// describeWrongPart returns the error about a value that does not fit the type of its variable.
func (n *node) describeWrongPart(w wrongPart, secret bool) *hcl.Diagnostic {
	ty := typeexpr.TypeString(n.variable.ty)
	d := diag.Failure("Invalid value for a variable", fmt.Sprintf("The variable %q must be of type %s; its value is sensitive, so it is not shown.", n.name, ty), &w.at)
	if secret {
		diag.Hide(d)
	} else {
		text := explainConversion(w.ty, w.err)
		if w.given.Type() == cty.String && w.given.IsKnown() && !w.given.IsNull() && w.ty.IsPrimitiveType() {
			text += fmt.Sprintf(", and %.40q was given", resource.DecodeBytes(w.given.AsString()))
			if w.ty == cty.Bool {
				text += ". A bool is true or false"
			}
		}
		if len(w.path) > 0 {
			if strings.HasSuffix(text, " was given") && !strings.Contains(text, " is required") {
				text = typeName(w.ty) + " is required, and " + text
			}
			text = n.name + writePath(w.path) + ": " + text
		}
		d.Detail = fmt.Sprintf("The variable %q must be of type %s: %s.", n.name, ty, text)
	}
	if w.at.Filename != n.rng.Filename {
		d.Detail += fmt.Sprintf(" It is declared at %s.", diag.Place(n.rng))
	}
	return d
}

// placeNamed returns the place of the part of an expression that an error names: Service.ExecStart, as deep as it can be
// found; the place of the whole if nothing is.
func placeNamed(expr hcl.Expression, text string, whole hcl.Range) *hcl.Range {
	at, path := whole, ""
	for {
		object, ok := expr.(*hclsyntax.ObjectConsExpr)
		if !ok {
			return &at
		}
		i := slices.IndexFunc(object.Items, func(item hclsyntax.ObjectConsItem) bool {
			key, diags := item.KeyExpr.Value(nil)
			return !diags.HasErrors() && key.Type() == cty.String && !key.IsNull() && !key.IsMarked() && namesWord(text, path+key.AsString())
		})
		if i < 0 {
			return &at
		}
		key, _ := object.Items[i].KeyExpr.Value(nil) // it has just been evaluated
		path += key.AsString() + "."
		expr = object.Items[i].ValueExpr
		at = expr.Range()
	}
}

// namesWord reports whether a text contains a word as a word of its own.
func namesWord(text, word string) bool {
	return regexp.MustCompile(`(?:^|[^\w-])` + regexp.QuoteMeta(word) + `(?:$|[^\w-])`).MatchString(text)
}
