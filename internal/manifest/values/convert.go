// Package values converts and measures the values of a manifest in linear time; the libraries' own conversions are
// quadratic.
//
// Start with [Convert] and [Size]. The package does not know files, expressions or resources.
package values

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// SmallSize is the number of elements up to which cty converts a collection itself. It compares the types of all pairs
// of elements.
const SmallSize = 64

// Convert is convert.Convert in linear time.
func Convert(v cty.Value, want cty.Type) (cty.Value, error) {
	v, err := Reshape(v, want)
	if err != nil {
		return cty.NilVal, err
	}
	if HasType(v.Type(), want) {
		return v, nil
	}
	return convert.Convert(v, want)
}

// HasType reports whether a collection already has the wanted type. cty would make a new collection, and walking a set
// sorts it.
func HasType(ty, want cty.Type) bool {
	sameKind := ty.IsListType() && want.IsListType() || ty.IsSetType() && want.IsSetType() || ty.IsMapType() && want.IsMapType()
	return sameKind && want.ElementType() == cty.DynamicPseudoType && !ty.HasDynamicTypes()
}

// Reshape turns every large tuple and object in v whose wanted type is a collection into that collection, so that cty
// need not convert anything large. It leaves values that it does not know unchanged; its errors are that elements have
// no type in common, or that one does not fit.
func Reshape(v cty.Value, want cty.Type) (cty.Value, error) {
	if v.IsNull() || !v.IsKnown() || want == cty.DynamicPseudoType || want.IsPrimitiveType() {
		return v, nil
	}
	plain, marks := v.Unmark()
	out, err := plain, error(nil)
	switch ty := plain.Type(); {
	case want.IsCollectionType() && (ty.IsTupleType() && !want.IsMapType() || ty.IsObjectType() && want.IsMapType()):
		out, err = reshapeElements(plain, want)
	case want.IsObjectType() && ty.IsObjectType():
		out, err = reshapeAttributes(plain, want)
	}
	if err != nil {
		return v, err
	}
	return out.WithMarks(marks), nil
}

func reshapeAttributes(v cty.Value, want cty.Type) (cty.Value, error) {
	attrs := v.AsValueMap()
	for name, ty := range want.AttributeTypes() {
		e, ok := attrs[name]
		if !ok {
			continue
		}
		e, err := Reshape(e, ty)
		if err != nil {
			return v, err
		}
		attrs[name] = e
	}
	return cty.ObjectVal(attrs), nil
}

// reshapeElements makes a tuple or an object the wanted collection.
func reshapeElements(v cty.Value, want cty.Type) (cty.Value, error) {
	n := v.LengthInt()
	inner := want.ElementType()
	if n <= SmallSize && !want.IsMapType() && (inner == cty.DynamicPseudoType || inner.IsPrimitiveType()) {
		return v, nil
	}
	keys, elems := make([]string, 0, n), make([]cty.Value, 0, n)
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if want.IsMapType() {
			keys = append(keys, k.AsString())
		}
		e, err := Reshape(e, inner)
		if err != nil {
			return v, notElement(keys, len(elems), err)
		}
		elems = append(elems, e)
	}
	if n <= SmallSize && !want.IsMapType() || n == 0 {
		return assemble(v.Type(), keys, elems), nil
	}
	to := inner
	if to.HasDynamicTypes() {
		types := distinctTypes(elems)
		if to == cty.DynamicPseudoType {
			to, _ = convert.UnifyUnsafe(types)
		} else if len(types) == 1 {
			to = types[0] // cty checks below whether it fits
		}
		if to == cty.NilType {
			return v, errors.New(convert.MismatchMessage(cty.Tuple(types), cty.List(cty.DynamicPseudoType)))
		}
	}
	for i, e := range elems {
		c, err := convert.Convert(e, to)
		if err != nil {
			return v, notElement(keys, i, err)
		}
		if c.Type().HasDynamicTypes() || !c.Type().Equals(elems[0].Type()) && i > 0 {
			return v, nil
		}
		elems[i] = c
	}
	return collect(want, keys, elems), nil
}

// assemble makes a tuple or an object of the converted elements.
func assemble(ty cty.Type, keys []string, elems []cty.Value) cty.Value {
	if ty.IsObjectType() {
		return cty.ObjectVal(byName(keys, elems))
	}
	return cty.TupleVal(elems)
}

// notElement adds the element to err. cty would name a different unfitting element of a map each time.
func notElement(keys []string, i int, err error) error {
	if i < len(keys) {
		return fmt.Errorf("element %q: %w", keys[i], err)
	}
	return fmt.Errorf("element %d: %w", i, err)
}

// collect makes a collection of the wanted kind.
func collect(want cty.Type, keys []string, elems []cty.Value) cty.Value {
	switch {
	case want.IsMapType():
		return cty.MapVal(byName(keys, elems))
	case want.IsSetType():
		return cty.SetVal(elems)
	}
	return cty.ListVal(elems)
}

func byName(keys []string, elems []cty.Value) map[string]cty.Value {
	out := make(map[string]cty.Value, len(keys))
	for i, k := range keys {
		out[k] = elems[i]
	}
	return out
}

// distinctTypes returns the types of values, each once, in order of first appearance. There are few; the time is their
// number times that of the values.
func distinctTypes(vals []cty.Value) []cty.Type {
	var out []cty.Type
	for _, v := range vals {
		if ty := v.Type(); !slices.ContainsFunc(out, ty.Equals) {
			out = append(out, ty)
		}
	}
	return out
}

// ApplyDefaults is d.Apply, for large collections element by element: the
// library would convert all elements to one type first.
func ApplyDefaults(d *typeexpr.Defaults, v cty.Value) cty.Value {
	ty := v.Type()
	each := d.Type.IsCollectionType() && d.Children[""] != nil
	if !each || v.IsMarked() || v.IsNull() || !v.IsKnown() || !ty.IsTupleType() && !ty.IsObjectType() || v.LengthInt() <= SmallSize {
		return d.Apply(v)
	}
	var keys []string
	elems := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if ty.IsObjectType() {
			keys = append(keys, k.AsString())
		}
		elems = append(elems, ApplyDefaults(d.Children[""], e))
	}
	return assemble(ty, keys, elems)
}
