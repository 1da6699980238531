package values

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

type mark string

// Sensitive marks a value that must never be shown, and everything derived from it.
const Sensitive mark = "sensitive"

// IsSensitive reports whether v or any part of it is marked.
func IsSensitive(v cty.Value) bool {
	switch {
	case v == cty.NilVal:
		return false
	case marksOutside(v.Type()):
		return v.IsMarked()
	}
	return v.ContainsMarked()
}

// marksOutside reports whether a value of the type has marks only on itself. The marks of a set's elements are on the
// set, and walking a set sorts it.
func marksOutside(ty cty.Type) bool { return ty.IsPrimitiveType() || ty.IsSetType() }

// Unmark returns v without any marks.
func Unmark(v cty.Value) cty.Value {
	if marksOutside(v.Type()) {
		v, _ = v.Unmark()
		return v
	}
	v, _ = v.UnmarkDeep()
	return v
}

// SpellBytes returns a name in the spelling of [resource.EncodeBytes].
func SpellBytes(name string) string { return respell(name, resource.EncodeBytes) }

// SpellText returns a name as an expression spells it between quotes.
func SpellText(name string) string { return respell(name, resource.EncodeText) }

func respell(name string, encode func(string) string) string {
	if plain := resource.DecodeBytes(name); plain != name {
		return encode(plain)
	}
	return name
}

// SpellAll gives every name one spelling, that of [resource.EncodeBytes], because resources are identified by their
// names.
func SpellAll(v cty.Value) (cty.Value, error) {
	switch {
	case v.Type() == cty.String && v.IsMarked():
		plain, marks := v.Unmark()
		out, err := SpellAll(plain)
		return out.WithMarks(marks), err
	case v.IsNull() || !v.IsKnown():
		return v, nil
	case v.Type() == cty.String:
		if s := v.AsString(); SpellBytes(s) != s {
			return cty.StringVal(SpellBytes(s)), nil
		}
		return v, nil
	case !v.Type().IsCollectionType() && !v.Type().IsTupleType() || !holdsBytes(v):
		return v, nil
	}
	return cty.Transform(v, func(_ cty.Path, e cty.Value) (cty.Value, error) {
		if e.Type() != cty.String || e.IsMarked() {
			return e, nil
		}
		return SpellAll(e)
	})
}

// holdsBytes reports whether a string in a collection is encoded.
func holdsBytes(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, e cty.Value) (bool, error) { // its callback returns no error
		e, _ = e.Unmark()
		if e.Type() == cty.String && e.IsKnown() && !e.IsNull() {
			found = found || resource.DecodeBytes(e.AsString()) != e.AsString()
		}
		return !found, nil
	})
	return found
}
