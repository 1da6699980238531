package plantest

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// reference is a part of an expression that refers to a resource of the plan.
type reference struct {
	resource *Resource // nil: the resource does not exist
	text     string    // the address as written
	steps    []string  // the path to it below plan
	at       hcl.Range
}

// references returns the resources of the plan that an expression refers to by constant names: plan["service.nginx"], or
// as in a manifest, plan.service.nginx.
func (p *Plan) references(expr hcl.Expression) (out []reference) {
	for _, t := range expr.Variables() {
		if t.RootName() != "plan" || len(t) < 2 {
			continue
		}
		r, ok := p.resolve(t)
		if instances := p.instances(r); len(instances) > 0 {
			out = append(out, instances...) // of plan.file.site[key]
		} else if ok {
			out = append(out, r)
		}
	}
	return out
}

// instances returns all instances of a block with for_each, if a reference is to the block.
func (p *Plan) instances(r reference) (out []reference) {
	if r.resource != nil {
		return nil
	}
	for _, one := range p.Resources {
		addr, err := resource.ParseAddr(one.Address)
		if err == nil && addr.Each && one.Block == spell(r.text) {
			out = append(out, reference{resource: one, text: one.Address, steps: append(slices.Clone(r.steps), addr.Key), at: r.at})
		}
	}
	return out
}

// spell writes an address in the form of the plan: timer["nightly"] is timer.nightly.
func spell(text string) string {
	if addr, err := resource.ParseAddr(text); err == nil {
		return addr.String()
	}
	return text
}

// resolve finds the resource that a traversal of the plan refers to.
func (p *Plan) resolve(t hcl.Traversal) (reference, bool) {
	first, ok := syntax.StepName(t[1])
	if !ok {
		return reference{}, false // plan[each]
	}
	r := reference{text: first, steps: []string{first}, at: t.SourceRange()}
	if _, err := resource.ParseAddr(first); err == nil {
		r.resource = p.find(spell(first))
		return r, true
	}
	text, steps := first, []string{first}
	for _, step := range t[2:] {
		name, ok := syntax.StepName(step)
		if !ok {
			break
		}
		if _, attr := step.(hcl.TraverseAttr); attr {
			text += "." + name
		} else {
			text += "[" + strconv.Quote(name) + "]"
		}
		steps = append(steps, name)
		if found := p.find(spell(text)); found != nil {
			r.resource, r.text, r.steps = found, text, slices.Clone(steps) // the longer of two: an instance
		} else if r.resource == nil {
			r.text, r.steps = text, slices.Clone(steps)
		}
	}
	return r, true
}

// scope returns the object plan for an expression: all resources by address, and those that the references name as in a
// manifest, at these names.
func (p *Plan) scope(refs []reference) cty.Value {
	all := p.all()
	nested := tree{}
	for _, r := range refs {
		switch {
		case r.resource == nil:
		case len(r.steps) == 1:
			all[r.steps[0]] = all[r.resource.Address]
		default:
			nested.put(r.steps, all[r.resource.Address])
		}
	}
	for name, below := range nested {
		all[name] = below.value()
	}
	return cty.ObjectVal(all)
}

// tree is an object of objects under construction.
type tree map[string]*branch

type branch struct {
	leaf  cty.Value
	below tree
}

func (t tree) put(steps []string, v cty.Value) {
	b := t[steps[0]]
	if b == nil {
		b = &branch{below: tree{}}
		t[steps[0]] = b
	}
	if len(steps) == 1 {
		b.leaf = v
		return
	}
	b.below.put(steps[1:], v)
}

func (b *branch) value() cty.Value {
	if b.leaf != cty.NilVal {
		return b.leaf
	}
	out := make(map[string]cty.Value, len(b.below))
	for name, below := range b.below {
		out[name] = below.value()
	}
	return cty.ObjectVal(out)
}
