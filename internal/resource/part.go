package resource

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// A part is a pointer to a field of a kind's struct. [Typing] lists the types of
// fields, and the types of the attributes that a manifest sets.

// typeOf returns the type of the attribute of a part; cty.NilType for anything
// that is no part.
func typeOf(part any, set bool) cty.Type {
	switch part.(type) {
	case *string, *Text, *Opt[string], *Opt[Text], **Blob:
		return cty.String
	case *Opt[bool]:
		return cty.Bool
	case *Opt[int64]:
		return cty.Number
	case *Opt[[]string]:
		if set {
			return cty.Set(cty.String)
		}
		return cty.List(cty.String)
	case *Opt[[]int64]:
		return cty.List(cty.Number)
	case *Opt[map[string]string]:
		return cty.Map(cty.String)
	case *cty.Value:
		return cty.DynamicPseudoType
	}
	return cty.NilType
}

// store sets a part to v, which is neither null nor unknown nor marked.
func store(part any, v cty.Value) (err error) {
	switch p := part.(type) {
	case *string:
		*p, err = toString(v)
	case *Text:
		*p, err = toText(v)
	case *Opt[string]:
		err = storeOpt(p, v, toString)
	case *Opt[Text]:
		err = storeOpt(p, v, toText)
	case *Opt[bool]:
		err = storeOpt(p, v, toBool)
	case *Opt[int64]:
		err = storeOpt(p, v, toInt)
	case *Opt[[]string]:
		err = storeOpt(p, v, toStrings)
	case *Opt[[]int64]:
		err = storeOpt(p, v, toInts)
	case *Opt[map[string]string]:
		err = storeOpt(p, v, toMap)
	case **Blob:
		*p, err = toBlob(v)
	case *cty.Value:
		*p = v
	}
	return err
}

func storeOpt[T any](p *Opt[T], v cty.Value, convert func(cty.Value) (T, error)) (err error) {
	p.Value, err = convert(v)
	p.Set = err == nil
	return err
}

// load returns the value of a part; cty.NilVal if it is not set.
func load(part any, set bool) cty.Value {
	switch p := part.(type) {
	case *string:
		return loadOpt(Opt[string]{*p, *p != ""}, cty.StringVal)
	case *Text:
		return loadOpt(Opt[string]{string(*p), *p != ""}, cty.StringVal)
	case *Opt[string]:
		return loadOpt(*p, cty.StringVal)
	case *Opt[Text]:
		return loadOpt(Opt[string]{string(p.Value), p.Set}, cty.StringVal)
	case *Opt[bool]:
		return loadOpt(*p, cty.BoolVal)
	case *Opt[int64]:
		return loadOpt(*p, cty.NumberIntVal)
	case *Opt[[]string]:
		if set {
			return loadOpt(*p, fromSet)
		}
		return loadOpt(*p, fromStrings)
	case *Opt[[]int64]:
		return loadOpt(*p, fromInts)
	case *Opt[map[string]string]:
		return loadOpt(*p, fromMap)
	case **Blob:
		if *p == nil {
			return cty.NilVal
		}
		return BlobVal(*p)
	case *cty.Value:
		return *p
	}
	return cty.NilVal
}

func loadOpt[T any](o Opt[T], convert func(T) cty.Value) cty.Value {
	if !o.Set {
		return cty.NilVal
	}
	return convert(o.Value)
}

// equalParts reports whether two parts of one field are certainly equal.
func equalParts(x, y any) bool {
	switch p := x.(type) {
	case *string:
		return *p == *y.(*string)
	case *Text:
		return *p == *y.(*Text)
	case *Opt[string]:
		return *p == *y.(*Opt[string])
	case *Opt[Text]:
		return *p == *y.(*Opt[Text])
	case *Opt[bool]:
		return *p == *y.(*Opt[bool])
	case *Opt[int64]:
		return *p == *y.(*Opt[int64])
	case *Opt[[]string]:
		q := y.(*Opt[[]string])
		return p.Set == q.Set && slices.Equal(p.Value, q.Value)
	case *Opt[[]int64]:
		q := y.(*Opt[[]int64])
		return p.Set == q.Set && slices.Equal(p.Value, q.Value)
	case *Opt[map[string]string]:
		q := y.(*Opt[map[string]string])
		return p.Set == q.Set && maps.Equal(p.Value, q.Value)
	case **Blob:
		return *p == nil && *y.(**Blob) == nil // a text of the manifest becomes a content
	}
	return false
}

var (
	errNotString = errors.New("is not a string")
	errElement   = errors.New("holds what is not of the type of its elements")
)

func toString(v cty.Value) (string, error) {
	if v.Type() != cty.String {
		return "", errNotString
	}
	return v.AsString(), nil
}

func toText(v cty.Value) (Text, error) {
	s, err := toString(v)
	return Text(s), err
}

func toBool(v cty.Value) (bool, error) {
	if v.Type() != cty.Bool {
		return false, errors.New("is not true or false")
	}
	return v.True(), nil
}

func toInt(v cty.Value) (int64, error) {
	if v.Type() != cty.Number {
		return 0, errors.New("is not a number")
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != 0 {
		return 0, errors.New("is not a whole number of at most 63 bits")
	}
	return n, nil
}

func toStrings(v cty.Value) ([]string, error) { return toSlice(v, toString) }
func toInts(v cty.Value) ([]int64, error)     { return toSlice(v, toInt) }

// toSlice converts a list, set or tuple. Nulls in it are left out.
func toSlice[T any](v cty.Value, convert func(cty.Value) (T, error)) ([]T, error) {
	if t := v.Type(); !t.IsListType() && !t.IsSetType() && !t.IsTupleType() {
		return nil, errors.New("is not a list")
	}
	out := make([]T, 0, v.LengthInt())
	for _, e := range v.AsValueSlice() {
		if !e.IsKnown() || e.IsMarked() {
			return nil, errElement
		}
		if e.IsNull() {
			continue
		}
		element, err := convert(e)
		if err != nil {
			return nil, errElement
		}
		out = append(out, element)
	}
	return out, nil
}

// toMap converts a map of strings, or an object that has nothing else.
func toMap(v cty.Value) (map[string]string, error) {
	if t := v.Type(); !t.IsMapType() && !t.IsObjectType() {
		return nil, errors.New("is not a map")
	}
	out := make(map[string]string, v.LengthInt())
	for name, e := range v.AsValueMap() {
		if !e.IsKnown() || e.IsMarked() || !e.IsNull() && e.Type() != cty.String {
			return nil, errElement
		}
		if !e.IsNull() {
			out[name] = e.AsString()
		}
	}
	return out, nil
}

// toBlob converts a content, and the text of one that a manifest holds.
func toBlob(v cty.Value) (*Blob, error) {
	if v.Type() == cty.String {
		return BytesBlob([]byte(DecodeBytes(v.AsString()))), nil
	}
	b := AsBlob(v)
	if b == nil {
		return nil, fmt.Errorf("is neither a content nor a string")
	}
	return b, nil
}

func fromStrings(words []string) cty.Value {
	if len(words) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	return cty.ListVal(stringVals(words))
}

func fromSet(words []string) cty.Value {
	if len(words) == 0 {
		return cty.SetValEmpty(cty.String)
	}
	return cty.SetVal(stringVals(words))
}

func stringVals(words []string) []cty.Value {
	vals := make([]cty.Value, len(words))
	for i, w := range words {
		vals[i] = cty.StringVal(w)
	}
	return vals
}

func fromInts(ns []int64) cty.Value {
	if len(ns) == 0 {
		return cty.ListValEmpty(cty.Number)
	}
	vals := make([]cty.Value, len(ns))
	for i, n := range ns {
		vals[i] = cty.NumberIntVal(n)
	}
	return cty.ListVal(vals)
}

func fromMap(m map[string]string) cty.Value {
	if len(m) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	vals := make(map[string]cty.Value, len(m))
	for name, s := range m {
		vals[name] = cty.StringVal(s)
	}
	return cty.MapVal(vals)
}
