package resources

import (
	"maps"
	"math/big"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

// TemplateData is what a template of that text sees: .vars, which may be unset
// and is empty then, .node, and each variable by its bare name, as users of
// other tools write it, where that does not hide the two. vars must be known
// and unmarked. node returns what [GoValue] makes of the node; it is asked only
// if the text can tell, and what it returns is shared and not copied.
func TemplateData(text string, vars cty.Value, node func() any) map[string]any {
	data := map[string]any{"vars": map[string]any{}, "node": map[string]any{}}
	if v, ok := GoValue(vars).(map[string]any); ok {
		maps.Copy(data, v)
		data["vars"], data["node"] = v, map[string]any{}
	}
	if seesNode(text) && node != nil {
		if v := node(); v != nil {
			data["node"] = v
		}
	}
	return data
}

// seesNode reports whether a template can tell what node is: it names it, or
// takes hold of all of its data by a dot or a dollar sign on its own.
func seesNode(text string) bool {
	if strings.Contains(text, "node") {
		return true
	}
	for at := strings.Index(text, "{{"); at >= 0 && at < len(text); at++ {
		if c := text[at]; c != '.' && c != '$' {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(text[at+1:]); next != '_' && next != '.' && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			return true
		}
	}
	return false
}

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

// copyData copies the containers of plain data; anything else is shared.
func copyData(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyData(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyData(e)
		}
		return out
	case nil, bool, string, int, float64, *big.Int:
		return v
	}
	return copyReflect(reflect.ValueOf(v)).Interface()
}

// copyReflect is copyData for maps and slices of other types.
func copyReflect(v reflect.Value) reflect.Value {
	switch {
	case v.Kind() == reflect.Map && !v.IsNil():
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), copyReflect(it.Value()))
		}
		return out
	case v.Kind() == reflect.Slice && !v.IsNil():
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(copyReflect(v.Index(i)))
		}
		return out
	}
	return v
}
