package manifest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// call is a module block.
type call struct {
	name   string
	mod    *module // that the block stands in
	rng    hcl.Range
	source string
	srcAt  hcl.Range
	inputs []*hcl.Attribute

	// on holds what every block takes. It is no block of the manifest: the
	// resources that it speaks of are the module's.
	on *block

	// The module as declared. With for_each or when its instances are known only
	// after evaluation; until then pattern holds the module's declarations.
	pattern *module
	insts   []*module // in order of key
	byKey   map[string]*module
	state   callState
	dir     string
	docs    []source.Document
}

type callState int

const (
	callWaits callState = iota
	callExpanding
	callExpanded
)

// reserved are the arguments of a module block that are no inputs.
func reserved(name string) bool {
	switch name {
	case "source", "for_each", "when", "depends_on", "notifies", "on_failure":
		return true
	}
	return false
}

func (m *module) decodeCall(hb *hcl.Block) (*call, hcl.Diagnostics) {
	c := &call{name: hb.Labels[0], mod: m, rng: hb.DefRange, srcAt: hb.DefRange}
	c.on = &block{kind: newKindInfo(&resource.Kind{Name: "module"}), mod: m, label: c.name, rng: c.rng}
	attrs, diags := hb.Body.JustAttributes()
	for _, a := range inOrder(attrs) {
		switch {
		case a.Name == "source":
			c.srcAt = a.Expr.Range()
			v, more := m.constant(a.Expr, cty.String)
			if diags = append(diags, more...); !more.HasErrors() {
				c.source = v.AsString()
			}
		case reserved(a.Name):
			diags = append(diags, c.on.decodeAttr(a)...)
		default:
			a.Expr = m.eval.Bind(a.Expr)
			c.inputs = append(c.inputs, a)
		}
	}
	if attrs["source"] == nil {
		diags = append(diags, diag.Failure("Missing module source", fmt.Sprintf("The module %q needs a source: the folder that its manifests are in.", c.name), &c.rng))
	}
	if !resource.IsIdent(c.name) {
		diags = append(diags, diag.Failure("Invalid module name", "A module's name stands in addresses between dots, so it is a word of letters, digits, _ and -.", &c.rng))
	}
	return c, diags
}

// loadCall loads the folder that a module block names.
func (l *loader) loadCall(c *call) hcl.Diagnostics {
	m := c.mod
	dir, diags := m.sourceDir(c)
	if diags.HasErrors() {
		return diags
	}
	docs, diags := l.files.ReadFolder(dir, &c.srcAt)
	if diags.HasErrors() {
		return diags
	}
	c.dir, c.docs = dir, docs
	child := l.newModule(m, c, nil, dir)
	c.pattern = child
	if later := c.on.forEach != nil || c.on.when != nil || c.on.onFailure != nil; later {
		child.pattern = true
		if !m.pattern {
			l.waiting = append(l.waiting, c)
		}
	} else {
		c.insts, c.state = []*module{child}, callExpanded
	}
	diags = append(diags, l.loadModule(child, docs)...)
	if diags.HasErrors() {
		return diags
	}
	for _, name := range sortedNames(child.variables) {
		if reserved(name) {
			diags = append(diags, diag.Failure("Invalid variable name", fmt.Sprintf("In a module block, %q is no input.", name), &child.variables[name].rng))
		}
	}
	return append(diags, c.bind(child)...)
}

// bind makes the arguments of a module block the values of a module's variables.
func (c *call) bind(child *module) hcl.Diagnostics {
	var diags hcl.Diagnostics
	given := map[string]bool{}
	for _, a := range c.inputs {
		v := child.variables[a.Name]
		if v == nil {
			diags = append(diags, diag.Failure("Unknown module input", fmt.Sprintf("The module %q has no variable %q.%s",
				c.name, a.Name, diag.Suggest(a.Name, sortedNames(child.variables), "Its variables are")), &a.NameRange))
			continue
		}
		given[a.Name] = true
		v.mod, v.in, v.each = c.mod, c.on, child.each
		v.expr, v.val, v.done = a.Expr, cty.NilVal, false
		v.uses = a.Expr.Variables()
	}
	for _, n := range child.nodes {
		if v := n.variable; v != nil && !given[n.name] && !v.hasDefault {
			diags = append(diags, diag.Failure("Missing module input", fmt.Sprintf(
				"The module %q needs a value for its variable %q, declared at %s.", c.name, n.name, diag.Place(n.rng)), &c.rng))
		}
	}
	return diags
}

// isEach reports whether the block makes one module per key.
func (c *call) isEach() bool { return c.on.isEach() }

// resources are all those of one instance, or with nil of all.
func (c *call) resources(only *module) []*instance {
	var out []*instance
	for _, m := range c.insts {
		if only == nil || m == only {
			out = m.instances(out)
		}
	}
	return out
}

// link gives every resource of the module the edges that its block states.
func (c *call) link() hcl.Diagnostics {
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
	of := c.resources(m)
	if e.expr == nil {
		others, diags := e.instances()
		if diags.HasErrors() {
			return diags
		}
		return connectAll(of, e, others)
	}
	ctx, ok := c.mod.scope(e.refs)
	if !ok {
		return nil
	}
	v, diags := c.mod.eval.Value(e.expr, m.each.scope(ctx))
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
