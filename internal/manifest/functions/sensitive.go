package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/values"
)

func markParam() []function.Parameter {
	return []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: true, AllowNull: true, AllowDynamicType: true}}
}

func sensitiveFunc() function.Function {
	return function.New(&function.Spec{
		Params: markParam(),
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0].Mark(values.Sensitive), nil },
	})
}

// nonsensitiveFunc takes a mark away; allow learns of what.
func nonsensitiveFunc(allow func(cty.Value)) function.Function {
	return function.New(&function.Spec{
		Params: markParam(),
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, _ := args[0].Unmark()
			allow(v)
			return v, nil
		},
	})
}

func issensitiveFunc() function.Function {
	return function.New(&function.Spec{
		Params: markParam(),
		Type:   function.StaticReturnType(cty.Bool),
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return cty.BoolVal(args[0].IsMarked()), nil },
	})
}
