package values

import (
	"github.com/zclconf/go-cty/cty"
)

type mark string

// Sensitive marks a value that must not surface, and all that is made of it.
const Sensitive mark = "sensitive"

// IsSensitive reports whether v or anything in it is marked.
func IsSensitive(v cty.Value) bool {
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

// Unmark returns v without any marks.
func Unmark(v cty.Value) cty.Value {
	if marksOutside(v.Type()) {
		v, _ = v.Unmark()
		return v
	}
	v, _ = v.UnmarkDeep()
	return v
}
