package functions

import (
	"errors"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/resource"
)

func isSequence(ty cty.Type) bool { return ty.IsListType() || ty.IsSetType() || ty.IsTupleType() }

// elementsOf returns the elements of a list, set or tuple.
func elementsOf(v cty.Value) ([]cty.Value, error) {
	if v.IsNull() || !isSequence(v.Type()) {
		return nil, function.NewArgErrorf(0, "want a list, set or tuple")
	}
	return v.AsValueSlice(), nil
}

// listVal returns a list with elements of that type; it may be empty.
func listVal(ty cty.Type, elems []cty.Value) (cty.Value, error) {
	if len(elems) == 0 {
		return cty.ListValEmpty(ty), nil
	}
	return cty.ListVal(elems), nil
}

func computeSum(args []cty.Value) (cty.Value, error) {
	elems, err := elementsOf(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	sum := cty.Zero
	for _, e := range elems {
		n, err := convert.Convert(e, cty.Number)
		if err != nil || n.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "want numbers only")
		}
		sum = sum.Add(n)
	}
	return sum, nil
}

// foldFunc returns alltrue (start true) or anytrue (start false).
func foldFunc(start bool) function.Function {
	return NewFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		elems, err := elementsOf(args[0])
		if err != nil {
			return cty.NilVal, err
		}
		for _, e := range elems {
			b, err := convert.Convert(e, cty.Bool)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "want true and false only")
			}
			if on := !b.IsNull() && b.True(); on != start {
				return cty.BoolVal(on), nil
			}
		}
		return cty.BoolVal(start), nil
	}, anyParam("bools"))
}

// pickOne returns the only element, or null if the list is empty.
func pickOne(args []cty.Value) (cty.Value, error) {
	elems, err := elementsOf(args[0])
	switch {
	case err != nil:
		return cty.NilVal, err
	case len(elems) == 0:
		return cty.NullVal(cty.DynamicPseudoType), nil
	case len(elems) > 1:
		return cty.NilVal, function.NewArgErrorf(0, "want at most one element")
	}
	return elems[0], nil
}

// findIndex returns the position of a value in a list.
func findIndex(args []cty.Value) (cty.Value, error) {
	if args[0].IsNull() || args[0].Type().IsSetType() || !isSequence(args[0].Type()) {
		return cty.NilVal, function.NewArgErrorf(0, "want a list or tuple")
	}
	for i, e := range args[0].AsValueSlice() {
		if eq, err := stdlib.Equal(e, args[1]); err == nil && eq.IsKnown() && eq.True() {
			return cty.NumberIntVal(int64(i)), nil
		}
	}
	return cty.NilVal, errors.New("the value is not in the list")
}

// countElements counts elements, or the characters of a string.
func countElements(args []cty.Value) (cty.Value, error) {
	v, marks := args[0].Unmark()
	ty := v.Type()
	switch {
	case v.IsNull():
		return cty.NilVal, function.NewArgErrorf(0, "must not be null")
	case ty == cty.String:
		n, err := stdlib.Strlen(cty.StringVal(resource.DecodeBytes(v.AsString())))
		return n.WithMarks(marks), err
	case isSequence(ty), ty.IsMapType(), ty.IsObjectType():
		return cty.NumberIntVal(int64(v.LengthInt())).WithMarks(marks), nil
	}
	return cty.NilVal, function.NewArgErrorf(0, "want a string or a collection")
}

// lookupFunc returns the function lookup: an element of a map or object by key, or else the default.
func lookupFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "map", Type: cty.DynamicPseudoType, AllowMarked: true},
			{Name: "key", Type: cty.String, AllowMarked: true},
		},
		VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowMarked: true, AllowNull: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			m, marks := args[0].Unmark()
			k, keyMarks := args[1].Unmark()
			ty := m.Type()
			if m.IsNull() || !ty.IsMapType() && !ty.IsObjectType() {
				return cty.NilVal, function.NewArgErrorf(0, "want a map or an object")
			}
			if k.IsNull() {
				return cty.NilVal, function.NewArgErrorf(1, "must not be null")
			}
			var v cty.Value
			switch name := k.AsString(); {
			case ty.IsObjectType() && ty.HasAttribute(name):
				v = m.GetAttr(name)
			case ty.IsMapType() && m.HasIndex(k).True():
				v = m.Index(k)
			case len(args) > 2:
				v = args[2]
			default:
				return cty.NilVal, errors.New("there is no element of that key, and no default")
			}
			return v.WithMarks(marks, keyMarks), nil
		},
	})
}

// valueSet holds values, by their hashes.
type valueSet map[int][]cty.Value

func (s valueSet) has(v cty.Value) bool {
	return slices.ContainsFunc(s[v.Hash()], v.RawEquals)
}

// add reports whether v is new.
func (s valueSet) add(v cty.Value) bool {
	if s.has(v) {
		return false
	}
	s[v.Hash()] = append(s[v.Hash()], v)
	return true
}

// dropRepeated drops elements that are equal to an earlier one.
func dropRepeated(args []cty.Value) (cty.Value, error) {
	seen, out := valueSet{}, []cty.Value{}
	for _, v := range args[0].AsValueSlice() {
		if seen.add(v) {
			out = append(out, v)
		}
	}
	return listVal(args[0].Type().ElementType(), out)
}

// matchKeys keeps the values whose keys are in a set.
func matchKeys(args []cty.Value) (cty.Value, error) {
	if args[0].LengthInt() != args[1].LengthInt() {
		return cty.NilVal, function.NewArgErrorf(1, "want as many keys as values")
	}
	wanted := valueSet{}
	for _, s := range args[2].AsValueSlice() {
		wanted.add(s)
	}
	values := args[0].AsValueSlice()
	var out []cty.Value
	for i, k := range args[1].AsValueSlice() {
		if wanted.has(k) {
			out = append(out, values[i])
		}
	}
	return listVal(args[0].Type().ElementType(), out)
}

// transpose turns a map of lists of strings inside out.
func transpose(args []cty.Value) (cty.Value, error) {
	keys := map[string][]cty.Value{}
	for it := args[0].ElementIterator(); it.Next(); {
		k, v := it.Element()
		if v.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "must not hold null")
		}
		for _, e := range v.AsValueSlice() {
			if e.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "must not hold null")
			}
			keys[e.AsString()] = append(keys[e.AsString()], k)
		}
	}
	if len(keys) == 0 {
		return cty.MapValEmpty(cty.List(cty.String)), nil
	}
	out := map[string]cty.Value{}
	for name, l := range keys {
		out[name] = cty.ListVal(l)
	}
	return cty.MapVal(out), nil
}
