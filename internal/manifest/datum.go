package manifest

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// datum is a value of a variable with its origin: one value, or an object whose parts
// have origins of their own. It is changed by laying others over it.
type datum struct {
	val    cty.Value         // if it is not an object; cty.NilVal: it is one, or was removed
	fields map[string]*datum // of an object
	gone   bool              // null has removed it
	expr   hcl.Expression    // that set a value which is not an object; nil: it has no place of its own
	from   Origin
	under  []Overridden // what it replaced, the latest first
}

// Origin is where a value was given.
type Origin struct {
	What  string    // "environment variable CONVERGE_VAR_x", "--var x"; "": Place identifies it
	Place hcl.Range // in a manifest or a file; no Filename: in none
}

// String names the origin in a line: "data/common.hcl:3".
func (o Origin) String() string {
	if o.Place.Filename == "" {
		return o.What
	}
	return diag.Place(o.Place)
}

// Overridden is a value that a later one replaced.
type Overridden struct {
	Value cty.Value // cty.NilVal: it was removed
	From  Origin
}

// newDatum returns a value with the origins of its parts, as far as the expression that set it shows them. Without an
// expression (a default, or a value that replaces all layers), null is a value and removes nothing.
func newDatum(v cty.Value, expr hcl.Expression, from Origin) *datum {
	d := &datum{val: v, from: from, expr: expr}
	ty := v.Type()
	switch {
	case v.IsNull() && expr != nil:
		d.val, d.gone = cty.NilVal, true
		return d
	case v.IsNull():
		return d
	case !ty.IsObjectType() && !ty.IsMapType():
		return d
	}
	parts := map[string]hcl.KeyValuePair{}
	if expr != nil {
		pairs, _ := hcl.ExprMap(expr) // none: the origin of the whole serves
		for _, p := range pairs {
			if key, diags := p.Key.Value(nil); !diags.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull() {
				parts[key.AsString()] = p
			}
		}
	}
	d.val, d.fields, d.expr = cty.NilVal, map[string]*datum{}, nil
	for name, e := range v.AsValueMap() {
		at := from
		inner := expr
		if p, ok := parts[name]; ok {
			inner = p.Value
			if from.Place.Filename != "" {
				at.Place = p.Key.Range()
			}
		}
		d.fields[name] = newDatum(e, inner, at)
	}
	return d
}

// layOver lays a later value over an earlier one: objects are merged, null removes, and
// anything else replaces.
func layOver(old, d *datum) *datum {
	if old == nil {
		return d
	}
	if old.fields == nil || d.fields == nil {
		return d.replacing(old)
	}
	out := &datum{fields: maps.Clone(old.fields), from: d.from, under: old.under}
	for name, part := range d.fields {
		out.fields[name] = layOver(old.fields[name], part)
	}
	return out
}

// replacing returns d as the replacement of an earlier value.
func (d *datum) replacing(old *datum) *datum {
	out := *d
	out.under = append([]Overridden{{Value: old.value(), From: old.origin()}}, old.under...)
	return &out
}

// origin returns where the value was set; for an object that several layers set, all of these places.
func (d *datum) origin() Origin {
	var layers []string
	d.visitOrigins(func(o Origin) {
		name := o.What
		if name == "" {
			name = o.Place.Filename
		}
		if !slices.Contains(layers, name) {
			layers = append(layers, name)
		}
	})
	if len(layers) < 2 {
		return d.from
	}
	return Origin{What: strings.Join(layers, " and ")}
}

func (d *datum) visitOrigins(visit func(Origin)) {
	if len(d.fields) == 0 {
		visit(d.from)
	}
	for _, name := range slices.Sorted(maps.Keys(d.fields)) {
		d.fields[name].visitOrigins(visit)
	}
}

// value returns the value without its removed parts; cty.NilVal if it was removed as a whole.
func (d *datum) value() cty.Value {
	if d.gone || d.fields == nil {
		return d.val
	}
	out := map[string]cty.Value{}
	for name, part := range d.fields {
		if v := part.value(); v != cty.NilVal {
			out[name] = v
		}
	}
	return cty.ObjectVal(out)
}

// findMismatch finds the innermost part of the value that does not fit the type; the whole value if there is none.
func (d *datum) findMismatch(ty cty.Type) wrongPart {
	for _, name := range slices.Sorted(maps.Keys(d.fields)) {
		var inner cty.Type
		var step cty.PathStep = cty.GetAttrStep{Name: name}
		switch {
		case ty.IsMapType():
			inner, step = ty.ElementType(), cty.IndexStep{Key: cty.StringVal(name)}
		case ty.IsObjectType() && ty.HasAttribute(name):
			inner = ty.AttributeType(name)
		default:
			continue
		}
		part := d.fields[name]
		v := part.value()
		if v == cty.NilVal {
			continue
		}
		if _, err := values.Convert(v, inner); err != nil {
			w := part.findMismatch(inner)
			w.path = append(cty.Path{step}, w.path...)
			return w
		}
	}
	at := d.from.Place
	if d.expr != nil {
		at = d.expr.Range()
	}
	return findWrong(d.value(), d.expr, ty, at)
}

// Variable is a variable of the root with its value and its origin.
type Variable struct {
	Name      string
	Value     cty.Value // as expressions see it; cty.NilVal: it has none
	Sensitive bool
	Parts     []Part // in order of name
}

// Part is a part of a variable's value that has an origin of its own.
type Part struct {
	Name    string // of a variable: "listen"; of a part of an object: "listen.port"
	Value   cty.Value
	Removed bool // null has removed it
	From    Origin
	Under   []Overridden // what it replaced, the latest first
}

// listVariables describes the variables of the root, in order of name.
func (m *module) listVariables() []Variable {
	var out []Variable
	for _, name := range sortedNames(m.variables) {
		n := m.variables[name]
		v := Variable{Name: name, Sensitive: n.sensitive || values.IsSensitive(n.val)}
		if n.done {
			v.Value = n.val
		}
		if n.variable.datum != nil {
			v.Parts = n.variable.datum.listParts(name, nil)
		}
		out = append(out, v)
	}
	return out
}

func (d *datum) listParts(name string, out []Part) []Part {
	if len(d.fields) == 0 || len(d.under) > 0 {
		out = append(out, Part{Name: resource.DecodeBytes(name), Value: d.value(), Removed: d.gone, From: d.from, Under: d.under})
	}
	for _, key := range slices.Sorted(maps.Keys(d.fields)) {
		out = d.fields[key].listParts(name+"."+key, out)
	}
	return out
}
