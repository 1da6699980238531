package functions

import (
	"converge/internal/manifest/values"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// linear makes a function convert its arguments with Convert, where HCL
// would convert them before it calls the function. There is nothing unknown in
// a manifest, so the type of the result need not be known before its value.
func linear(f function.Function) function.Function {
	params, more := slices.Clone(f.Params()), f.VarParam()
	wants := make([]cty.Type, len(params))
	for i := range params {
		wants[i] = params[i].Type
		params[i] = loosen(params[i])
	}
	spec := &function.Spec{Params: params, Type: function.StaticReturnType(cty.DynamicPseudoType)}
	if more != nil {
		p := loosen(*more)
		spec.VarParam = &p
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args = slices.Clone(args)
		for i := range args {
			want := cty.DynamicPseudoType
			if i < len(wants) {
				want = wants[i]
			} else if more != nil {
				want = more.Type
			}
			v, err := values.Convert(args[i], want)
			if err != nil {
				return cty.NilVal, function.NewArgError(i, err)
			}
			args[i] = v
		}
		return f.Call(args)
	}
	return function.New(spec)
}

// toFunc is tolist, toset or tomap.
func toFunc(want cty.Type) function.Function {
	f := stdlib.MakeToFunc(want)
	value := f.Params()[0]
	value.Name = "value"
	return function.New(&function.Spec{
		Params: []function.Parameter{value}, Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := values.Reshape(args[0], want)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			if !v.IsNull() && values.HasType(v.Type(), want) {
				return v, nil
			}
			return f.Call([]cty.Value{v})
		},
	})
}

// setproductFunc makes lists of large tuples, as the library would do.
func setproductFunc() function.Function {
	f := stdlib.SetProductFunc
	return function.New(&function.Spec{
		VarParam: f.VarParam(), Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			args = slices.Clone(args)
			for i := range args {
				if !args[i].Type().IsTupleType() {
					continue
				}
				v, err := values.Reshape(args[i], cty.List(cty.DynamicPseudoType))
				if err != nil {
					return cty.NilVal, function.NewArgError(i, err)
				}
				args[i] = v
			}
			return f.Call(args)
		},
	})
}

// loosen makes a parameter take what linear converts.
func loosen(p function.Parameter) function.Parameter {
	if p.Type.IsCollectionType() {
		p.Type = cty.DynamicPseudoType
	}
	return p
}

// takesCollection reports whether HCL would convert an argument to a collection.
func takesCollection(f function.Function) bool {
	is := func(p function.Parameter) bool { return p.Type.IsCollectionType() }
	more := f.VarParam()
	return slices.ContainsFunc(f.Params(), is) || more != nil && is(*more)
}
