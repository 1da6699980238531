package functions

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
)

// What most functions make is no larger than what they are given. These make
// much of little in one go, where nothing could stop them: what they would make
// is worked out beforehand.

// limited is f, less the arguments that check refuses.
func limited(f function.Function, check func(args []cty.Value) error) function.Function {
	return wrap(f, func(args []cty.Value) (cty.Value, error) {
		if err := check(args); err != nil {
			return cty.NilVal, err
		}
		return f.Call(args)
	})
}

// checkSize refuses count pieces of that many bytes each.
func checkSize(count, each int) error {
	if count > 0 && each > 0 && count > values.MaxText/each {
		return fmt.Errorf("the result would be larger than %d MiB", values.MaxText>>20)
	}
	return nil
}

func textOf(v cty.Value) string {
	if v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

// limitFunctions replaces those that need it.
func limitFunctions(fs map[string]function.Function) {
	for name, check := range map[string]func([]cty.Value) error{
		"format":     checkFormat,
		"formatlist": checkFormat,
		"indent": func(args []cty.Value) error {
			n, _ := args[0].AsBigFloat().Int64() // far outside, it is the largest or the smallest there is
			return checkSize(strings.Count(textOf(args[1]), "\n")+1, int(min(max(n, 0), values.MaxText+1)))
		},
		"join":       checkJoin,
		"replace":    checkReplace,
		"setproduct": checkProduct,
		"yamldecode": func(args []cty.Value) error { return checkYAML(textOf(args[0])) },
		"jsondecode": func(args []cty.Value) error { return checkNesting(textOf(args[0])) },
		"regexall": func(args []cty.Value) error {
			return checkSize(len(textOf(args[1]))+1, 64*(strings.Count(textOf(args[0]), "(")+1))
		},
	} {
		fs[name] = limited(fs[name], check)
	}
	fs["pow"], fs["log"] = wrap(stdlib.PowFunc, raise), finite(stdlib.LogFunc)
}

func checkFormat(args []cty.Value) error {
	if regexp.MustCompile(`%[^a-zA-Z%]*[0-9]{6}`).MatchString(textOf(args[0])) {
		return function.NewArgErrorf(0, "a width or precision must be below 100000")
	}
	return nil
}

func checkJoin(args []cty.Value) error {
	count := 0
	for _, l := range args[1:] {
		if !l.IsNull() && l.CanIterateElements() {
			count += l.LengthInt()
		}
	}
	return checkSize(count, len(textOf(args[0])))
}

func checkReplace(args []cty.Value) error {
	s, old, neu := textOf(args[0]), textOf(args[1]), textOf(args[2])
	if pattern, ok := cutSlashes(old); ok {
		if re, err := regexp.Compile(pattern); err == nil {
			return checkSize(len(re.FindAllStringIndex(s, -1)), len(neu)+strings.Count(neu, "$")*len(s))
		}
		return nil // what is wrong with it is said later
	}
	if old == "" {
		return checkSize(utf8.RuneCountInString(s)+1, len(neu))
	}
	return checkSize(strings.Count(s, old), len(neu))
}

func checkProduct(args []cty.Value) error {
	count := 1
	for _, a := range args {
		if a.IsNull() || !a.CanIterateElements() {
			return nil // what is wrong with it is said later
		}
		n := a.LengthInt()
		if n > 0 && count > values.MaxParts/(n*len(args)) {
			return fmt.Errorf("the result would have more than %d elements", values.MaxParts)
		}
		count *= n
	}
	return nil
}

// checkNesting refuses what nests deeper than anybody writes, as in a manifest.
func checkNesting(text string) error {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			if depth++; depth > maxNesting {
				return fmt.Errorf("it nests more than %d brackets", maxNesting)
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return nil
}

// maxNesting is how deep brackets may nest in a text that is decoded.
const maxNesting = 1000

// maxBits is how long a power may be; cty's numbers have 512.
const maxBits = 4096

// raise is exact where the result is a whole number.
func raise(args []cty.Value) (cty.Value, error) {
	base, power := args[0].AsBigFloat(), args[1].AsBigFloat()
	if !base.IsInt() || !power.IsInt() || power.Sign() < 0 {
		return finite(stdlib.PowFunc).Call(args)
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
}

// finite makes an infinite result an error.
func finite(f function.Function) function.Function {
	return wrap(f, func(args []cty.Value) (cty.Value, error) {
		v, err := f.Call(args)
		if err == nil && v.AsBigFloat().IsInf() {
			err = errors.New("the result is infinite")
		}
		return v, err
	})
}
