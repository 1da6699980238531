package functions

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
)

// linear makes a function convert its arguments with Convert; HCL would otherwise convert them before the call.
func linear(f function.Function) function.Function {
	wants := f.Params()
	spec := &function.Spec{Params: slices.Clone(wants), Type: function.StaticReturnType(cty.DynamicPseudoType)}
	for i, p := range wants {
		spec.Params[i] = loosen(p)
	}
	if more := f.VarParam(); more != nil {
		p := loosen(*more)
		spec.VarParam = &p
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args = slices.Clone(args)
		for i := range args {
			p := f.VarParam()
			if i < len(wants) {
				p = &wants[i]
			}
			var err error
			if args[i], err = values.Convert(args[i], p.Type); err != nil {
				return cty.NilVal, function.NewArgError(i, err)
			}
		}
		return f.Call(args)
	}
	return function.New(spec)
}

// toFunc returns tolist, toset or tomap.
func toFunc(want cty.Type) function.Function {
	f := stdlib.MakeToFunc(want)
	value := f.Params()[0]
	value.Name = "value"
	return NewFunc(cty.DynamicPseudoType, func(args []cty.Value) (cty.Value, error) {
		v, err := values.Reshape(args[0], want)
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		if !v.IsNull() && values.HasType(v.Type(), want) {
			return v, nil
		}
		return f.Call([]cty.Value{v})
	}, value)
}

// setproductFunc makes lists of large tuples, like the library.
func setproductFunc() function.Function {
	return wrap(stdlib.SetProductFunc, func(args []cty.Value) (cty.Value, error) {
		args = slices.Clone(args)
		for i := range args {
			if args[i].Type().IsTupleType() {
				var err error
				if args[i], err = values.Reshape(args[i], cty.List(cty.DynamicPseudoType)); err != nil {
					return cty.NilVal, function.NewArgError(i, err)
				}
			}
		}
		return stdlib.SetProductFunc.Call(args)
	})
}

// loosen makes a parameter accept every value that linear converts.
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
