// Package functions holds the functions of the language that read only their arguments. Terraform users know their names
// and meanings.
//
// Start with [PureFunctions]. Most functions return no more than their arguments contain; limit.go checks the others
// before they run. The package manifest adds the functions that read files.
package functions

import (
	"encoding/base64"
	"maps"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// PureFunctions returns the functions that read only their arguments, by name. allow receives each value that
// nonsensitive makes public.
func PureFunctions(allow func(cty.Value)) map[string]function.Function {
	marked := function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: true, AllowNull: true, AllowDynamicType: true}
	out := map[string]function.Function{
		"try": tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"sensitive": NewFunc(cty.DynamicPseudoType, func(args []cty.Value) (cty.Value, error) {
			return args[0].Mark(values.Sensitive), nil
		}, marked),
		"nonsensitive": NewFunc(cty.DynamicPseudoType, func(args []cty.Value) (cty.Value, error) {
			v, _ := args[0].Unmark()
			allow(v)
			return v, nil
		}, marked),
		"issensitive": NewFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) { return cty.BoolVal(args[0].IsMarked()), nil }, marked),
	}
	for _, set := range []map[string]function.Function{
		numberFunctions(), textFunctions(), collectionFunctions(), encodingFunctions(), hashFunctions(), cidrFunctions(), pathFunctions(),
	} {
		maps.Copy(out, set)
	}
	limitFunctions(out)
	for name, f := range out {
		if takesCollection(f) {
			out[name] = linear(f)
		}
	}
	return out
}

// NewFunc makes a function with a result type. A manifest has no unknown values, so the type need not be known before
// the value: it may be [cty.DynamicPseudoType].
func NewFunc(result cty.Type, impl func(args []cty.Value) (cty.Value, error), params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params: params, Type: function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

// wrap makes a function that takes the parameters of f and returns what impl does.
func wrap(f function.Function, impl func(args []cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(), Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

func param(name string, ty cty.Type) function.Parameter {
	return function.Parameter{Name: name, Type: ty}
}

func anyParam(name string) function.Parameter { return param(name, cty.DynamicPseudoType) }

func numberFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
		"signum": stdlib.SignumFunc, "sum": NewFunc(cty.Number, computeSum, anyParam("numbers")),
		"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String),
		"tolist": toFunc(cty.List(cty.DynamicPseudoType)),
		"toset":  toFunc(cty.Set(cty.DynamicPseudoType)),
		"tomap":  toFunc(cty.Map(cty.DynamicPseudoType)),
	}
}

func textFunctions() map[string]function.Function {
	return map[string]function.Function{
		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc,
		"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc,
		"replace": NewFunc(cty.String, replaceText, param("text", cty.String), param("old", cty.String), param("new", cty.String)),
		"split":   stdlib.SplitFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc,
		"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "upper": stdlib.UpperFunc,
		"startswith": textTest(strings.HasPrefix), "endswith": textTest(strings.HasSuffix), "strcontains": textTest(strings.Contains),
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
		"timecmp": NewFunc(cty.Number, compareTimes, param("a", cty.String), param("b", cty.String)),
	}
}

func collectionFunctions() map[string]function.Function {
	list := cty.List(cty.DynamicPseudoType)
	lists := cty.Map(cty.List(cty.String))
	return map[string]function.Function{
		"alltrue": foldFunc(true), "anytrue": foldFunc(false),
		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": NewFunc(cty.DynamicPseudoType, dropRepeated, param("list", list)),
		"element":  stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"index": NewFunc(cty.Number, findIndex, anyParam("list"), anyParam("value")), "keys": stdlib.KeysFunc,
		"length":    NewFunc(cty.Number, countElements, function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: true}),
		"lookup":    lookupFunc(),
		"matchkeys": NewFunc(cty.DynamicPseudoType, matchKeys, param("values", list), param("keys", list), param("searchset", list)),
		"merge":     stdlib.MergeFunc, "one": NewFunc(cty.DynamicPseudoType, pickOne, anyParam("list")), "range": stdlib.RangeFunc,
		"reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": setproductFunc(), "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
		"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "transpose": NewFunc(lists, transpose, param("map", lists)),
		"values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
	}
}

func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "csvdecode": stdlib.CSVDecodeFunc,
		"yamlencode": ctyyaml.YAMLEncodeFunc, "yamldecode": ctyyaml.YAMLDecodeFunc,
		"base64encode": MakeTextFunc(func(s string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(resource.DecodeBytes(s))), nil
		}),
		"base64decode":     MakeTextFunc(decodeBase64),
		"base64gunzip":     MakeTextFunc(gunzip),
		"textencodebase64": NewFunc(cty.String, encodeText, param("text", cty.String), param("encoding", cty.String)),
		"textdecodebase64": NewFunc(cty.String, decodeText, param("text", cty.String), param("encoding", cty.String)),
		"urlencode":        MakeTextFunc(func(s string) (string, error) { return url.QueryEscape(resource.DecodeBytes(s)), nil }),
		"urldecode":        MakeTextFunc(decodeURL),
		"bytes":            MakeTextFunc(unescapeBytes),
	}
}
