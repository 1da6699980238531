package resource

import (
	"github.com/zclconf/go-cty/cty"
)

// isAbsent reports whether there is no value: [Absent], or none at all.
func isAbsent(v cty.Value) bool { return v == cty.NilVal || v.IsNull() }

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
	if isAbsent(v) || !v.Type().IsObjectType() {
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

// With returns the sparse object v with one attribute set.
func With(v cty.Value, name string, val cty.Value) cty.Value {
	m := AttrsOf(v)
	if m == nil {
		m = map[string]cty.Value{}
	}
	m[name] = val
	return cty.ObjectVal(m)
}

// GoValue turns a known, unmarked value into plain Go: nil, bool, string, int (a whole number that fits), *big.Int
// (any other whole number), float64, []any, map[string]any. Content in memory becomes a string; a value without such a
// form becomes nil.
func GoValue(v cty.Value) any {
	if isAbsent(v) || !v.IsKnown() {
		return nil
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return DecodeBytes(v.AsString())
	case ty == cty.Bool:
		return v.True()
	case ty == cty.Number:
		return goNumber(v)
	case ty.IsObjectType() || ty.IsMapType():
		out := make(map[string]any, v.LengthInt())
		for k, e := range v.AsValueMap() {
			out[DecodeBytes(k)] = GoValue(e)
		}
		return out
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		out := make([]any, 0, v.LengthInt())
		for _, e := range v.AsValueSlice() {
			out = append(out, GoValue(e))
		}
		return out
	}
	if b := AsBlob(v); b != nil {
		if data, ok := b.Bytes(); ok {
			return string(data)
		}
	}
	return nil
}

// maxBits is the longest whole number that a template sees unrounded.
const maxBits = 4096

func goNumber(v cty.Value) any {
	f := v.AsBigFloat()
	if i, acc := f.Int64(); acc == 0 && int64(int(i)) == i {
		return int(i)
	}
	if f.IsInt() && f.MantExp(nil) <= maxBits {
		i, _ := f.Int(nil)
		return i
	}
	out, _ := f.Float64() // the nearest float64
	return out
}

// PruneOptions returns the options of a wanted value that prune uses, too; see [Attr.OnPrune]. It omits values of
// which only the digest is known.
func (k *Kind) PruneOptions(v cty.Value) map[string]cty.Value {
	out := map[string]cty.Value{}
	for i := range k.Attrs {
		a := &k.Attrs[i]
		if !a.OnPrune {
			continue
		}
		if o := GetAttr(v, a.Name); o != cty.NilVal && o.Type().Equals(a.Type) {
			out[a.Name] = o
		}
	}
	return out
}
