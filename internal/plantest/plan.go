package plantest

import (
	"maps"

	"github.com/zclconf/go-cty/cty"
)

// Plan is a plan in the form that assertions use.
type Plan struct {
	Resources []*Resource    // in manifest order
	Counts    map[string]int // of the plan as a whole
	Node      cty.Value      // the manifest's node; NilVal: none
	Variables map[string]cty.Value
	Text      string // the output of converge plan

	base map[string]cty.Value // by address
}

// Resource is one resource of a plan.
type Resource struct {
	Address string
	Also    []string // addresses of other blocks that declare the same resource
	Block   string   // the address without the key of for_each
	Kind    string

	Action string // none, create, update, delete, run, failed, skipped, off
	Error  string // of a failed resource
	Order  int    // its position in the order of the run
	Notes  []string

	After      []string // the resources directly before it
	NotifiedBy []string
	Notifies   []string // actions, as written in the manifest
	Actions    []string // verbs that the run will deliver to it

	Attributes map[string]cty.Value // as declared; sensitive ones are marked
	Changes    map[string]Change
}

// Change is an attribute that differs.
type Change struct {
	Before, After cty.Value
	Diff          string // of a content
}

// find returns the resource at an address, nil if there is none.
func (p *Plan) find(address string) *Resource {
	for _, r := range p.Resources {
		if r.Address == address {
			return r
		}
		for _, also := range r.Also {
			if also == address {
				return r
			}
		}
	}
	return nil
}

// all returns all resources by address.
func (p *Plan) all() map[string]cty.Value {
	if p.base == nil {
		p.base = make(map[string]cty.Value, len(p.Resources))
		for _, r := range p.Resources {
			v := r.value()
			p.base[r.Address] = v
			for _, also := range r.Also {
				p.base[also] = v
			}
		}
	}
	return maps.Clone(p.base)
}

// value returns the resource as expressions see it.
func (r *Resource) value() cty.Value {
	changes := map[string]cty.Value{}
	for name, c := range r.Changes {
		changes[name] = cty.ObjectVal(map[string]cty.Value{"before": orNull(c.Before), "after": orNull(c.After), "diff": cty.StringVal(c.Diff)})
	}
	attributes := r.Attributes
	if attributes == nil {
		attributes = map[string]cty.Value{}
	}
	fault := cty.NullVal(cty.String)
	if r.Error != "" {
		fault = cty.StringVal(r.Error)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"address": cty.StringVal(r.Address), "kind": cty.StringVal(r.Kind), "action": cty.StringVal(r.Action), "error": fault,
		"order": cty.NumberIntVal(int64(r.Order)), "notes": list(r.Notes), "after": list(r.After), "notified_by": list(r.NotifiedBy),
		"notifies": list(r.Notifies), "actions": list(r.Actions), "attributes": cty.ObjectVal(attributes), "changes": cty.ObjectVal(changes),
	})
}

func orNull(v cty.Value) cty.Value {
	if v == cty.NilVal {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return v
}

// list returns a tuple, which is equal to an assertion's list in brackets.
func list(words []string) cty.Value {
	out := make([]cty.Value, len(words))
	for i, w := range words {
		out[i] = cty.StringVal(w)
	}
	return cty.TupleVal(out)
}
