package resource

import (
	"errors"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// codec converts the field of a kind's struct to the value of an attribute and
// back. A field is given as a pointer to it.
type codec struct {
	of    cty.Type                           // the attribute
	store func(field any, v cty.Value) error // v is neither null nor unknown nor marked
	load  func(field any) cty.Value          // cty.NilVal: the attribute is not set
	blob  bool                               // the field is a content
	equal func(x, y any) bool                // reports only what is certainly equal
}

// codecOf returns the codec of a field, nil for a type that no attribute has. The
// types are listed at [Typing].
func codecOf(field any, set bool) *codec {
	switch field.(type) {
	case *string:
		return stringCodec[string]()
	case *Text:
		return stringCodec[Text]()
	case **Blob:
		return blobCodec()
	case *cty.Value:
		return valueCodec()
	case *Opt[string]:
		return optCodec(cty.String, toText[string], fromText[string], isEqual[string])
	case *Opt[Text]:
		return optCodec(cty.String, toText[Text], fromText[Text], isEqual[Text])
	case *Opt[bool]:
		return optCodec(cty.Bool, toBool, cty.BoolVal, isEqual[bool])
	case *Opt[int64]:
		return optCodec(cty.Number, toInt, cty.NumberIntVal, isEqual[int64])
	case *Opt[[]string]:
		to, from := toSlice(toText[string]), fromSlice(fromText[string], cty.ListValEmpty(cty.String), cty.ListVal)
		if set {
			from = fromSlice(fromText[string], cty.SetValEmpty(cty.String), cty.SetVal)
			return optCodec(cty.Set(cty.String), to, from, slices.Equal)
		}
		return optCodec(cty.List(cty.String), to, from, slices.Equal)
	case *Opt[[]int64]:
		from := fromSlice(cty.NumberIntVal, cty.ListValEmpty(cty.Number), cty.ListVal)
		return optCodec(cty.List(cty.Number), toSlice(toInt), from, slices.Equal)
	case *Opt[map[string]string]:
		return optCodec(cty.Map(cty.String), toMap, fromMap, maps.Equal)
	}
	return nil
}

func optCodec[T any](ty cty.Type, to func(cty.Value) (T, error), from func(T) cty.Value, equal func(x, y T) bool) *codec {
	return &codec{
		of: ty,
		store: func(field any, v cty.Value) (err error) {
			o := field.(*Opt[T])
			o.Value, err = to(v)
			o.Set = err == nil
			return err
		},
		load: func(field any) cty.Value {
			if o := field.(*Opt[T]); o.Set {
				return from(o.Value)
			}
			return cty.NilVal
		},
		equal: func(x, y any) bool {
			a, b := x.(*Opt[T]), y.(*Opt[T])
			return a.Set == b.Set && equal(a.Value, b.Value)
		},
	}
}

// stringCodec is for a text that is not set if it is empty.
func stringCodec[T ~string]() *codec {
	return &codec{
		of: cty.String,
		store: func(field any, v cty.Value) (err error) {
			*field.(*T), err = toText[T](v)
			return err
		},
		load: func(field any) cty.Value {
			if s := *field.(*T); s != "" {
				return fromText(s)
			}
			return cty.NilVal
		},
		equal: func(x, y any) bool { return *x.(*T) == *y.(*T) },
	}
}

// blobCodec also accepts the text of a content, as a manifest holds it. Only two fields without a content are equal,
// because such a text becomes a content.
func blobCodec() *codec {
	return &codec{
		of: cty.String, blob: true,
		store: func(field any, v cty.Value) error {
			b := AsBlob(v)
			if v.Type() == cty.String {
				b = TextBlob(DecodeBytes(v.AsString()))
			}
			if b == nil {
				return errors.New("is neither a content nor a string")
			}
			*field.(**Blob) = b
			return nil
		},
		load: func(field any) cty.Value {
			if b := *field.(**Blob); b != nil {
				return BlobVal(b)
			}
			return cty.NilVal
		},
		equal: func(x, y any) bool { return *x.(**Blob) == nil && *y.(**Blob) == nil },
	}
}

func valueCodec() *codec {
	return &codec{
		of: cty.DynamicPseudoType,
		store: func(field any, v cty.Value) error {
			*field.(*cty.Value) = v
			return nil
		},
		load:  func(field any) cty.Value { return *field.(*cty.Value) },
		equal: func(any, any) bool { return false },
	}
}

func isEqual[T comparable](x, y T) bool { return x == y }

func toText[T ~string](v cty.Value) (T, error) {
	if v.Type() != cty.String {
		return "", errors.New("is not a string")
	}
	return T(v.AsString()), nil
}

func fromText[T ~string](s T) cty.Value { return cty.StringVal(string(s)) }

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

func errElement() error { return errors.New("holds what is not of the type of its elements") }

// toSlice converts a list, set or tuple. Nulls in it are left out.
func toSlice[T any](convert func(cty.Value) (T, error)) func(cty.Value) ([]T, error) {
	return func(v cty.Value) ([]T, error) {
		if t := v.Type(); !t.IsListType() && !t.IsSetType() && !t.IsTupleType() {
			return nil, errors.New("is not a list")
		}
		out := make([]T, 0, v.LengthInt())
		for _, e := range v.AsValueSlice() {
			if !e.IsKnown() || e.IsMarked() {
				return nil, errElement()
			}
			if e.IsNull() {
				continue
			}
			element, err := convert(e)
			if err != nil {
				return nil, errElement()
			}
			out = append(out, element)
		}
		return out, nil
	}
}

func fromSlice[T any](convert func(T) cty.Value, empty cty.Value, collect func([]cty.Value) cty.Value) func([]T) cty.Value {
	return func(elements []T) cty.Value {
		if len(elements) == 0 {
			return empty
		}
		vals := make([]cty.Value, len(elements))
		for i, e := range elements {
			vals[i] = convert(e)
		}
		return collect(vals)
	}
}

// toMap converts a map of strings, or an object that has nothing else.
func toMap(v cty.Value) (map[string]string, error) {
	if t := v.Type(); !t.IsMapType() && !t.IsObjectType() {
		return nil, errors.New("is not a map")
	}
	out := make(map[string]string, v.LengthInt())
	for name, e := range v.AsValueMap() {
		if !e.IsKnown() || e.IsMarked() || !e.IsNull() && e.Type() != cty.String {
			return nil, errElement()
		}
		if !e.IsNull() {
			out[name] = e.AsString()
		}
	}
	return out, nil
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
