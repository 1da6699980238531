package resource

import (
	"maps"

	"github.com/zclconf/go-cty/cty"
)

// GetAttr returns the attribute of a sparse object, cty.NilVal if v is absent
// or has no such attribute, or has it as null.
func GetAttr(v cty.Value, name string) cty.Value {
	if !HasAttr(v, name) {
		return cty.NilVal
	}
	if a := v.GetAttr(name); !a.IsNull() {
		return a
	}
	return cty.NilVal
}

// HasAttr reports whether the sparse object v has the attribute.
func HasAttr(v cty.Value, name string) bool {
	if v == cty.NilVal || v.IsNull() || !v.Type().IsObjectType() {
		return false
	}
	// Type.HasAttribute normalises the name, which ours are already.
	_, ok := v.Type().AttributeTypes()[name]
	return ok
}

// StringAttr returns a string attribute of v, "" if it is not set.
func StringAttr(v cty.Value, name string) string {
	a := GetAttr(v, name)
	if a == cty.NilVal || a.Type() != cty.String {
		return ""
	}
	return a.AsString()
}

// BoolAttr returns a bool attribute of v, false if it is not set.
func BoolAttr(v cty.Value, name string) bool {
	a := GetAttr(v, name)
	return a != cty.NilVal && a.Type() == cty.Bool && a.True()
}

// StringsAttr returns the elements of an attribute that is a list, tuple or
// set of strings; nil if it is not set.
func StringsAttr(v cty.Value, name string) []string {
	a := GetAttr(v, name)
	if a == cty.NilVal || !a.CanIterateElements() {
		return nil
	}
	out := make([]string, 0, a.LengthInt())
	for _, e := range a.AsValueSlice() {
		if !e.IsNull() && e.Type() == cty.String {
			out = append(out, e.AsString())
		}
	}
	return out
}

// With returns the sparse object v with one attribute set.
func With(v cty.Value, name string, val cty.Value) cty.Value {
	m := map[string]cty.Value{}
	if v != cty.NilVal && !v.IsNull() {
		m = maps.Clone(v.AsValueMap())
		if m == nil {
			m = map[string]cty.Value{}
		}
	}
	m[name] = val
	return cty.ObjectVal(m)
}
