package functions

import (
	"maps"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// PureFunctions returns the functions that read nothing but their arguments, by name.
// allow is told each value that nonsensitive makes public.
func PureFunctions(allow func(cty.Value)) map[string]function.Function {
	out := map[string]function.Function{
		"try": tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"sensitive": sensitiveFunc(), "nonsensitive": nonsensitiveFunc(allow), "issensitive": issensitiveFunc(),
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

func numberFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
		"signum": stdlib.SignumFunc, "sum": sumFunc(),
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
		"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "replace": replaceFunc(),
		"split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc,
		"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "upper": stdlib.UpperFunc,
		"startswith": textTest(hasPrefix), "endswith": textTest(hasSuffix), "strcontains": textTest(contains),
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
	}
}

func collectionFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue": foldFunc(true), "anytrue": foldFunc(false),
		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": distinctFunc(), "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"index": indexFunc(), "keys": stdlib.KeysFunc, "length": lengthFunc(), "lookup": lookupFunc(),
		"matchkeys": matchkeysFunc(), "merge": stdlib.MergeFunc, "one": oneFunc(), "range": stdlib.RangeFunc,
		"reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": setproductFunc(), "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
		"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "transpose": transposeFunc(),
		"values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
	}
}

func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "csvdecode": stdlib.CSVDecodeFunc,
		"yamlencode": ctyyaml.YAMLEncodeFunc, "yamldecode": ctyyaml.YAMLDecodeFunc,
		"base64encode": base64encodeFunc(), "base64decode": base64decodeFunc(), "urlencode": urlencodeFunc(),
		"bytes": bytesFunc(),
	}
}
