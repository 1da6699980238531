package manifest

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// linkModule gives every resource of the module the edges that its block states.
func (c *call) linkModule() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i := range c.on.edges {
		e := &c.on.edges[i]
		if e.call == c && e.attr == "depends_on" {
			diags = append(diags, diag.Failure("Module depends on itself", c.on.addr().String()+" cannot come after itself.", &e.rng))
			continue
		}
		for _, m := range c.insts {
			if more := c.linkEdge(e, m); more.HasErrors() {
				diags = append(diags, more...)
				break
			}
		}
	}
	return diags
}

func (c *call) linkEdge(e *edge, m *module) hcl.Diagnostics {
	of := c.listResources(m)
	if e.expr == nil {
		others, diags := e.findInstances()
		if diags.HasErrors() {
			return diags
		}
		return connectAll(of, e, others)
	}
	ctx, ok := c.mod.buildScope(e.refs)
	if !ok {
		return nil
	}
	v, diags := c.mod.eval.Value(e.expr, m.each.extendScope(ctx))
	if diags.HasErrors() {
		return diags
	}
	for _, in := range of {
		if d := in.connectValue(e, v); d != nil {
			return hcl.Diagnostics{d}
		}
	}
	return nil
}

// connectAll connects each of many resources with each of many others.
func connectAll(of []*instance, e *edge, others []*instance) hcl.Diagnostics {
	if e.attr != "depends_on" || e.verb != "" {
		for _, in := range of {
			if d := in.connect(e, others, e.verb, e.when); d != nil {
				return hcl.Diagnostics{d}
			}
		}
		return nil
	}
	deps := make([]resource.Dep, len(others))
	for i, o := range others {
		deps[i] = resource.Dep{On: o.res.Addr, Reason: "depends_on", Range: e.rng}
	}
	for _, in := range of {
		if len(in.res.DependsOn) == 0 {
			in.res.DependsOn = slices.Clip(deps) // one list for all, only ever appended to
			continue
		}
		known := make(map[resource.Addr]bool, len(in.res.DependsOn))
		for i := range in.res.DependsOn {
			known[in.res.DependsOn[i].On] = true
		}
		for _, d := range deps {
			if !known[d.On] {
				in.res.DependsOn = append(in.res.DependsOn, d)
			}
		}
	}
	return nil
}
