package resource

import "github.com/zclconf/go-cty/cty"

// GoValue turns a known, unmarked value into plain Go: nil, bool, string, int
// (a number that is whole and fits), *big.Int (one
// that is whole), float64, []any, map[string]any. Content
// in memory becomes a string; what has no such form, nil.
func GoValue(v cty.Value) any {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
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

// maxBits is how long a whole number may be that a template sees as it is.
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
	out, _ := f.Float64() // the nearest there is
	return out
}
