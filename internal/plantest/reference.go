package plantest

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// reference is a part of an expression that names a resource of the plan.
type reference struct {
	resource *Resource // nil: there is no such resource
	text     string    // the address as it was written
	steps    []string  // the way to it below plan
	at       hcl.Range
}

// references returns what an expression names in the plan by constant names: plan["service.nginx"], or
// as a manifest would write it, plan.service.nginx.
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

// instances returns all that a block with for_each has made, where a reference is to the block.
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

// spell writes an address as the plan does: timer["nightly"] is timer.nightly.
func spell(text string) string {
	if addr, err := resource.ParseAddr(text); err == nil {
		return addr.String()
	}
	return text
}

// resolve finds what a traversal of the plan names.
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
			r.resource, r.text, r.steps = found, text, slices.Clone(steps) // of two, the longer: an instance
		} else if r.resource == nil {
			r.text, r.steps = text, slices.Clone(steps)
		}
	}
	return r, true
}

// scope returns the object plan for an expression: all resources by address, and those that it names as
// a manifest would, where that leads to them.
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

// tree is an object of objects that is being made.
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
