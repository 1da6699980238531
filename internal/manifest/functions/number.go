package functions

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// powFunc is exact where the result is a whole number.
func powFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "num", Type: cty.Number}, {Name: "power", Type: cty.Number}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			base, power := args[0].AsBigFloat(), args[1].AsBigFloat()
			if !base.IsInt() || !power.IsInt() || power.Sign() < 0 {
				return finiteResult(stdlib.PowFunc).Call(args)
			}
			b, _ := base.Int(nil)
			p, acc := power.Int64()
			if acc != big.Exact || b.BitLen() > 1 && p > maxBits/int64(b.BitLen()) {
				return cty.NilVal, errors.New("the result is too large")
			}
			if b.BitLen() <= 1 { // -1, 0 and 1: only whether the power is even counts
				p = min(p, 2+p%2)
			}
			return cty.NumberVal(new(big.Float).SetInt(new(big.Int).Exp(b, big.NewInt(p), nil))), nil
		},
	})
}

// maxNesting is how deep brackets may nest in a text that is decoded.
const maxNesting = 1000

// maxBits is how long a power may be; cty's numbers have 512.
const maxBits = 4096

// finiteResult makes an infinite result an error.
func finiteResult(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(), Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			if err == nil && v.AsBigFloat().IsInf() {
				err = errors.New("the result is infinite")
			}
			return v, err
		},
	})
}
