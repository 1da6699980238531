package manifest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
)

// listElements evaluates for_each: a map or an object by its keys, a set, list or
// tuple of strings by themselves; in order of key.
func (b *block) listElements(ctx *hcl.EvalContext) ([]eachVals, hcl.Diagnostics) {
	at := b.forEach.Range()
	bad := func(detail string) ([]eachVals, hcl.Diagnostics) {
		return nil, hcl.Diagnostics{diag.Failure("Invalid for_each", detail, &at)}
	}
	v, diags := b.mod.eval.Value(b.forEach, ctx)
	if diags.HasErrors() {
		return nil, diags
	}
	if v.IsMarked() {
		return bad("The keys are sensitive, and would surface in the addresses of the resources. Values may be sensitive; " +
			"if the keys are none, say so: { for k in nonsensitive(keys(var.x)) : k => var.x[k] }.")
	}
	ty := v.Type()
	switch {
	case v.IsNull():
		return bad("for_each must not be null; an empty map or list makes no resources.")
	case !v.IsKnown():
		return bad("for_each has no definite value.")
	case ty.IsMapType() || ty.IsObjectType():
		return listPairs(v), nil
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		return listTexts(v, bad)
	}
	return bad("for_each must be a map, or a list or set of strings, not " + typeName(ty) + ".")
}

func listPairs(v cty.Value) []eachVals {
	out := make([]eachVals, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		out = append(out, eachVals{values.SpellBytes(k.AsString()), e})
	}
	sortByKey(out)
	return out
}

func listTexts(v cty.Value, bad func(string) ([]eachVals, hcl.Diagnostics)) ([]eachVals, hcl.Diagnostics) {
	out := make([]eachVals, 0, v.LengthInt())
	seen := make(map[string]bool, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		switch {
		case e.IsMarked():
			return bad("An element is sensitive, and would surface in the address of its resource.")
		case e.IsNull() || !e.IsKnown() || e.Type() != cty.String:
			return bad("A list for for_each holds strings only; a map can have values of any type.")
		case seen[e.AsString()]:
			return bad(fmt.Sprintf("%q stands in the list more than once; each resource needs a key of its own.", e.AsString()))
		}
		seen[e.AsString()] = true
		out = append(out, eachVals{values.SpellBytes(e.AsString()), e})
	}
	sortByKey(out)
	return out, nil
}

func sortByKey(out []eachVals) {
	slices.SortFunc(out, func(a, b eachVals) int { return cmp.Compare(a.key, b.key) })
}
