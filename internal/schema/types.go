package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// template returns the schema of a string with an expression in it, which may have any value.
func template() *Schema { return &Schema{Type: "string", Pattern: `\$\{|%\{`} }

// null returns the schema of an attribute that is not set.
func null() *Schema { return &Schema{Type: "null"} }

// text returns the schema of values that convert to a string: numbers and bools, too.
func text() *Schema {
	return anyOf(&Schema{Type: "string"}, &Schema{Type: "number"}, &Schema{Type: "boolean"})
}

func boolean() *Schema {
	return anyOf(&Schema{Type: "boolean"}, &Schema{Type: "string", Enum: []string{"true", "false"}})
}

func number() *Schema {
	return anyOf(&Schema{Type: "number"}, &Schema{Type: "string", Pattern: `^-?[0-9]`})
}

// anyOf returns a schema with alternatives; it flattens alternatives of alternatives.
func anyOf(of ...*Schema) *Schema {
	out := &Schema{}
	for _, s := range of {
		if len(s.AnyOf) > 0 {
			out.AnyOf = append(out.AnyOf, s.AnyOf...)
		} else {
			out.AnyOf = append(out.AnyOf, s)
		}
	}
	return out
}

// ofAttr returns the schema of an attribute of a kind.
func ofAttr(a *resource.Attr) *Schema {
	if len(a.OneOf) > 0 && a.Type == cty.String {
		return anyOf(&Schema{Type: "string", Enum: a.OneOf}, template(), null())
	}
	return ofType(a.Type)
}

// ofType returns the schema of the values of a type.
func ofType(t cty.Type) *Schema {
	switch {
	case t == cty.NilType || t == cty.DynamicPseudoType:
		return &Schema{}
	case t == cty.String || t == resource.BlobType:
		return anyOf(text(), null()) // a template is a string already
	case t == cty.Bool:
		return anyOf(boolean(), template(), null())
	case t == cty.Number:
		return anyOf(number(), template(), null())
	case t.IsListType() || t.IsSetType():
		return anyOf(&Schema{Type: "array", Items: ofType(t.ElementType())}, template(), null())
	case t.IsMapType():
		return anyOf(&Schema{Type: "object", Others: &Others{ofType(t.ElementType())}}, template(), null())
	case t.IsObjectType():
		return anyOf(ofObject(t), template(), null())
	}
	return &Schema{}
}

func ofObject(t cty.Type) *Schema {
	out := &Schema{Type: "object", Properties: map[string]*Schema{}, Others: &Others{}}
	types := t.AttributeTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		out.Properties[name] = ofType(types[name])
		if !t.AttributeOptional(name) {
			out.Required = append(out.Required, name)
		}
	}
	return out
}

// ofWords returns the schema of an attribute whose type the reference describes in words.
func ofWords(traits string) *Schema {
	what, _, _ := strings.Cut(traits, ",")
	switch {
	case what == "bool":
		return ofType(cty.Bool)
	case what == "string" || what == "duration" || what == "type":
		return ofType(cty.String)
	case strings.HasPrefix(what, "list of "):
		return ofType(cty.List(cty.String))
	case strings.HasPrefix(what, "map of "):
		return ofType(cty.Map(cty.String))
	}
	return &Schema{}
}

// constantOf returns a value as JSON; nil if a schema cannot show it.
func constantOf(v cty.Value) any {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return nil
	}
	switch v.Type() {
	case cty.String:
		return v.AsString()
	case cty.Bool:
		return v.True()
	case cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f
	}
	return nil
}
