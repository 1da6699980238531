package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// Cheap is a function of the language for plain arguments: none is marked, unknown or null, and the result depends on
// little of the first. For other arguments and for errors, ok is false. The library visits all elements of a collection
// before each call, so a loop that calls a function with its own collection would be quadratic.
type Cheap func(args []cty.Value) (v cty.Value, ok bool)

// AllCheap returns the cheap functions, by name.
func AllCheap() map[string]Cheap {
	return map[string]Cheap{"length": cheapLength, "lookup": cheapLookup, "element": cheapElement, "contains": cheapContains}
}

// isPlain reports whether a value is neither marked, unknown nor null; its elements may be.
func isPlain(v cty.Value) bool { return !v.IsMarked() && v.IsKnown() && !v.IsNull() }

func cheapLength(args []cty.Value) (cty.Value, bool) {
	if len(args) != 1 || !isPlain(args[0]) {
		return cty.NilVal, false
	}
	if ty := args[0].Type(); !isSequence(ty) && !ty.IsMapType() && !ty.IsObjectType() {
		return cty.NilVal, false
	}
	return cty.NumberIntVal(int64(args[0].LengthInt())), true
}

func cheapLookup(args []cty.Value) (cty.Value, bool) {
	if len(args) != 2 && len(args) != 3 || !isPlain(args[0]) || !isPlain(args[1]) || args[1].Type() != cty.String {
		return cty.NilVal, false
	}
	if len(args) == 3 && !args[2].IsKnown() {
		return cty.NilVal, false // even if it is not used
	}
	m, ty := args[0], args[0].Type()
	switch {
	case ty.IsObjectType() && ty.HasAttribute(args[1].AsString()):
		return m.GetAttr(args[1].AsString()), true
	case ty.IsMapType() && m.HasIndex(args[1]).True():
		return m.Index(args[1]), true
	case (ty.IsObjectType() || ty.IsMapType()) && len(args) == 3:
		return args[2], true
	}
	return cty.NilVal, false
}

func cheapElement(args []cty.Value) (cty.Value, bool) {
	if len(args) != 2 || !isPlain(args[0]) || !isPlain(args[1]) || args[1].Type() != cty.Number {
		return cty.NilVal, false
	}
	ty := args[0].Type()
	if !ty.IsListType() && !ty.IsTupleType() || args[0].LengthInt() == 0 {
		return cty.NilVal, false
	}
	var at int
	if err := gocty.FromCtyValue(args[1], &at); err != nil {
		return cty.NilVal, false
	}
	n := args[0].LengthInt()
	return args[0].Index(cty.NumberIntVal(int64((at%n + n) % n))), true
}

// cheapContains searches a list that contains only texts.
func cheapContains(args []cty.Value) (cty.Value, bool) {
	if len(args) != 2 || !isPlain(args[0]) || !isPlain(args[1]) || args[1].Type() != cty.String {
		return cty.NilVal, false
	}
	if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, false
	}
	found := false
	for it := args[0].ElementIterator(); it.Next(); {
		_, e := it.Element()
		if !isPlain(e) || e.Type() != cty.String {
			return cty.NilVal, false
		}
		found = found || e.AsString() == args[1].AsString()
	}
	return cty.BoolVal(found), true
}
