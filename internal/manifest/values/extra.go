package values

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Extra is an attribute of a value that its type does not have. A conversion drops it without an error.
type Extra struct {
	Path  cty.Path // to the attribute
	Known []string // the attributes that the type has there, in order
}

// FindExtras returns the attributes in v that the object types in want lack, in order of name and position.
func FindExtras(v cty.Value, want cty.Type) []Extra {
	if !hasObjects(want) {
		return nil
	}
	return findExtras(Unmark(v), want, nil, nil)
}

func findExtras(v cty.Value, want cty.Type, path cty.Path, out []Extra) []Extra {
	if v.IsNull() || !v.IsKnown() || !hasObjects(want) {
		return out
	}
	isMapping := v.Type().IsObjectType() || v.Type().IsMapType()
	switch {
	case isMapping && want.IsObjectType():
		return findInObject(v, want, path, out)
	case isMapping && want.IsMapType():
		elems := v.AsValueMap()
		for _, name := range slices.Sorted(maps.Keys(elems)) {
			out = findExtras(elems[name], want.ElementType(), path.IndexString(name), out)
		}
	case !isMapping && v.CanIterateElements():
		i := 0
		for it := v.ElementIterator(); it.Next(); i++ {
			if inner, ok := elementType(want, i); ok {
				_, e := it.Element()
				out = findExtras(e, inner, path.IndexInt(i), out)
			}
		}
	}
	return out
}

func findInObject(v cty.Value, want cty.Type, path cty.Path, out []Extra) []Extra {
	attrs := v.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if want.HasAttribute(name) {
			out = findExtras(attrs[name], want.AttributeType(name), path.GetAttr(name), out)
		} else {
			out = append(out, Extra{path.GetAttr(name), slices.Sorted(maps.Keys(want.AttributeTypes()))})
		}
	}
	return out
}

// elementType returns the type of the i-th element of a list, a set or a tuple.
func elementType(ty cty.Type, i int) (cty.Type, bool) {
	switch {
	case ty.IsListType() || ty.IsSetType():
		return ty.ElementType(), true
	case ty.IsTupleType() && i < ty.Length():
		return ty.TupleElementType(i), true
	}
	return cty.NilType, false
}

// hasObjects reports whether values of the type contain objects: others need no visit.
func hasObjects(ty cty.Type) bool {
	switch {
	case ty.IsObjectType():
		return true
	case ty.IsCollectionType():
		return hasObjects(ty.ElementType())
	case ty.IsTupleType():
		return slices.ContainsFunc(ty.TupleElementTypes(), hasObjects)
	}
	return false
}
