package resources

import (
	"maps"
	"reflect"
	"slices"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/zclconf/go-cty/cty"
)

// pureFuncs is sprig less its impure functions, and with an order in those
// that follow a map's.
func pureFuncs() template.FuncMap {
	out := template.FuncMap{}
	for name, f := range sprig.GenericFuncMap() {
		if !isImpure(name) {
			out[name] = f
		}
	}
	out["keys"] = sortedKeys
	out["values"] = sortedValues
	return out
}

// isImpure reports whether sprig's function of that name depends on more than
// its input: the clock, chance, the environment, the time zone, the network.
// sprig's own hermetic list leaves in key generation, salted hashes and more.
func isImpure(name string) bool {
	switch name {
	case "now", "ago", "date", "date_in_zone", "date_modify", "dateInZone", "dateModify",
		"htmlDate", "htmlDateInZone", "must_date_modify", "mustDateModify",
		"toDate", "mustToDate", "unixEpoch", "durationRound",
		"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "shuffle", "uuidv4",
		"env", "expandenv", "getHostByName",
		"bcrypt", "htpasswd", "encryptAES",
		"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
		"genSignedCert", "genSignedCertWithKey":
		return true
	}
	return false
}

// sortedKeys is sprig's keys in the order of the keys, map by map.
func sortedKeys(dicts ...map[string]any) []string {
	out := []string{}
	for _, d := range dicts {
		out = append(out, slices.Sorted(maps.Keys(d))...)
	}
	return out
}

// sortedValues is sprig's values in the order of their keys.
func sortedValues(dict map[string]any) []any {
	out := make([]any, 0, len(dict))
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		out = append(out, dict[k])
	}
	return out
}

// TemplateData is what every template sees: .vars and .node. Both may be
// unset, and are empty then. The values must be known and unmarked.
func TemplateData(vars, node cty.Value) map[string]any {
	data := map[string]any{"vars": map[string]any{}, "node": map[string]any{}}
	if v := GoValue(vars); v != nil {
		data["vars"] = v
	}
	if v := GoValue(node); v != nil {
		data["node"] = v
	}
	return data
}

// GoValue turns a known, unmarked value into plain Go: nil, bool, string, int
// (a number that is whole and fits), float64, []any, map[string]any. Content
// in memory becomes a string; what has no such form, nil.
func GoValue(v cty.Value) any {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return nil
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return v.AsString()
	case ty == cty.Bool:
		return v.True()
	case ty == cty.Number:
		return goNumber(v)
	case ty.IsObjectType() || ty.IsMapType():
		out := make(map[string]any, v.LengthInt())
		for k, e := range v.AsValueMap() {
			out[k] = GoValue(e)
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

func goNumber(v cty.Value) any {
	f := v.AsBigFloat()
	if i, acc := f.Int64(); acc == 0 && int64(int(i)) == i {
		return int(i)
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
	case nil, bool, string, int, float64:
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
