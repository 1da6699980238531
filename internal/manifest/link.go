package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// linkSite gives every resource its dependencies and notifications. All values are
// known by now, and no value can depend on an edge.
func (l *loader) linkSite() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, m := range l.mods {
		for _, b := range m.listBlocks() {
			if l.stopped() {
				return diags
			}
			if more := b.linkInstances(); len(more) > 0 {
				diags = append(diags, diag.In(more, b.addr().String())...)
			}
		}
	}
	for _, m := range l.mods { // after all resources have their own
		for _, it := range m.items {
			if it.call != nil && !l.stopped() {
				diags = append(diags, it.call.linkModule()...)
			}
		}
	}
	return diags
}

func (b *block) linkInstances() hcl.Diagnostics {
	shared, diags := b.sharedDeps()
	for _, in := range b.insts {
		in.res.DependsOn = shared // one list for all, only ever appended to
		in.addPairedDependencies()
	}
	for i := range b.edges {
		e := &b.edges[i]
		switch {
		case e.expr != nil:
			diags = append(diags, b.linkDynamic(e)...)
			continue
		case e.attr == "depends_on":
			continue
		}
		insts, more := e.findInstances()
		if diags = append(diags, more...); more.HasErrors() {
			continue
		}
		for _, in := range b.insts {
			if d := in.connect(e, insts, e.verb, e.when); d != nil {
				diags = append(diags, d)
				break
			}
		}
	}
	if len(b.edges)+len(b.deps) > 0 {
		b.edges, b.deps = nil, nil
	}
	return diags
}

// sharedDeps returns the edges that all instances of the block have in common:
// from references, and from plain elements of depends_on.
func (b *block) sharedDeps() ([]resource.Dep, hcl.Diagnostics) {
	if len(b.deps) == 0 && len(b.edges) == 0 {
		return nil, nil
	}
	var out []resource.Dep
	var diags hcl.Diagnostics
	seen := map[*instance]bool{}
	add := func(to *instance, reason string, at hcl.Range) {
		if to.block != b && !seen[to] {
			seen[to] = true
			out = append(out, resource.Dep{On: to.res.Addr, Reason: reason, Range: at})
		}
	}
	for _, d := range b.deps {
		if d.paired {
			continue
		}
		for _, to := range d.findInstances() {
			add(to, d.reason, d.rng)
		}
	}
	for i := range b.edges {
		e := &b.edges[i]
		if e.attr != "depends_on" || e.expr != nil {
			continue
		}
		insts, more := e.findInstances()
		switch {
		case more.HasErrors():
		case e.verb != "":
			more = hcl.Diagnostics{diag.Failure("Not a resource", b.describeWanted(e), &e.rng)}
		case e.to == b:
			more = hcl.Diagnostics{diag.Failure("Resource depends on itself", b.addr().String()+" cannot come after itself.", &e.rng)}
		}
		if diags = append(diags, more...); more.HasErrors() {
			continue
		}
		for _, to := range insts {
			add(to, "depends_on", e.rng)
		}
	}
	return slices.Clip(out), diags
}

// findInstances returns the instances that a plain reference refers to.
func (e *edge) findInstances() ([]*instance, hcl.Diagnostics) {
	if e.call != nil {
		return e.call.listResources(e.inst), nil
	}
	if !e.each {
		if e.verb != "" && e.to.isEach() {
			return nil, hcl.Diagnostics{diag.Failure("Instance not chosen", fmt.Sprintf("%s: choose one by its key.", e.to.describeInstances()), &e.rng)}
		}
		return e.to.insts, nil
	}
	in := e.to.byKey[e.key]
	if in == nil {
		return nil, hcl.Diagnostics{diag.Failure("Unknown instance", fmt.Sprintf("%s has no instance with the key %q.%s",
			e.to.addr(), e.key, diag.Suggest(e.key, slices.Collect(maps.Keys(e.to.byKey)), "Its keys are")), &e.rng)}
	}
	return []*instance{in}, nil
}

// linkDynamic evaluates an edge for each instance.
func (b *block) linkDynamic(e *edge) hcl.Diagnostics {
	ctx, ok := b.mod.buildScope(e.refs)
	if !ok {
		return nil
	}
	for _, in := range b.insts {
		if diags := e.linkValue(b.mod, in.each.extendScope(ctx), []*instance{in}); diags.HasErrors() {
			return diags
		}
	}
	return nil
}

// linkValue evaluates an edge, and connects instances with its value.
func (e *edge) linkValue(m *module, ctx *hcl.EvalContext, of []*instance) hcl.Diagnostics {
	v, diags := m.eval.Value(e.expr, ctx)
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

// connectValue takes an evaluated edge: an action or a resource, all resources
// of a block, a list of these, or null for none.
func (in *instance) connectValue(e *edge, v cty.Value) *hcl.Diagnostic {
	types := in.block.mod.l.types
	v, _ = v.Unmark()
	if v.IsNull() || in.block.mod.l.isUnread(v) {
		return nil
	}
	if a := types.asAction(v); a != nil && e.attr == "notifies" {
		return in.connect(e, []*instance{a.target}, a.verb, a.when)
	}
	if insts, ok := types.asInstances(v); ok && (e.attr != "notifies" || len(insts) == 0) {
		return in.connect(e, insts, "", resource.Delayed)
	}
	ty := v.Type()
	if ty.IsTupleType() || ty.IsListType() || ty.IsSetType() {
		for it := v.ElementIterator(); it.Next(); {
			_, x := it.Element()
			if d := in.connectValue(e, x); d != nil {
				return d
			}
		}
		return nil
	}
	return diag.Failure("Not what "+e.attr+" takes", in.block.describeWanted(e)+" This is "+diag.End(describeValue(types, v)+suggestReference(in.block.mod.l, e, v)), &e.rng)
}

func describeValue(types refTypes, v cty.Value) string {
	if insts, ok := types.asInstances(v); ok && len(insts) > 0 {
		return "the resource " + insts[0].res.Addr.String()
	}
	if a := types.asAction(v); a != nil {
		return "the action " + a.target.res.Addr.String() + "." + a.verb
	}
	if v.Type() == cty.String {
		return "a string"
	}
	return typeName(v.Type())
}

// connect adds one edge to an instance, or, for v_on, to the instances that notify it.
func (in *instance) connect(e *edge, others []*instance, verb string, when resource.Timing) *hcl.Diagnostic {
	switch {
	case e.attr == "notifies" && verb == "" && len(others) > 0:
		return in.block.describeMissingAction(e, others[0])
	case e.attr != "notifies" && verb != "":
		return diag.Failure("Not a resource", in.block.describeWanted(e), &e.rng)
	}
	for _, o := range others {
		if o == in && e.attr != "depends_on" && !(in.res.Kind.NotifiesItself && when == resource.Delayed) {
			return diag.Failure("Resource notifies itself", fmt.Sprintf("%s would tell itself of its own change.", in.res.Addr), &e.rng)
		}
		switch e.attr {
		case "depends_on":
			in.addDependency(o, "depends_on", e.rng)
		case "notifies":
			in.addNotify(o, verb, when, e.rng)
		default:
			o.addNotify(in, e.onV, resource.Delayed, e.rng)
		}
	}
	return nil
}

// addPairedDependencies adds the dependencies on instances with the same key.
func (in *instance) addPairedDependencies() {
	for _, d := range in.block.deps {
		if !d.paired || in.each == nil {
			continue
		}
		for _, to := range d.findPartners(in.each.key) {
			in.addDependency(to, d.reason+"[each.key]", d.rng)
		}
	}
}

// findPartners returns the resources with a key that a paired reference refers to: that of a block, or those behind the
// outputs of a module's instance.
func (d *dep) findPartners(key string) []*instance {
	if d.call == nil {
		if to := d.block.byKey[key]; to != nil {
			return []*instance{to}
		}
		return nil
	}
	m := d.call.byKey[key]
	if m == nil {
		return nil
	}
	var out []*instance
	for _, x := range m.group("").deps {
		out = append(out, x.findInstances()...)
	}
	return out
}

func (in *instance) addDependency(to *instance, reason string, at hcl.Range) {
	if !slices.ContainsFunc(in.res.DependsOn, func(d resource.Dep) bool { return d.On == to.res.Addr }) {
		in.res.DependsOn = append(in.res.DependsOn, resource.Dep{On: to.res.Addr, Reason: reason, Range: at})
	}
}

// addNotify adds a notification, once for each target, verb and time.
func (in *instance) addNotify(target *instance, verb string, when resource.Timing, at hcl.Range) {
	same := func(n resource.Notify) bool { return n.Target == target.res.Addr && n.Verb == verb && n.When == when }
	if !slices.ContainsFunc(in.res.Notifies, same) {
		in.res.Notifies = append(in.res.Notifies, resource.Notify{Target: target.res.Addr, Verb: verb, When: when, Range: at})
	}
}

func (b *block) describeMissingAction(e *edge, target *instance) *hcl.Diagnostic {
	verbs := target.block.kind.Verbs
	if len(verbs) == 0 {
		return diag.Failure("No action", target.block.kind.describeUnknownAction(e, target.res.Addr.String(), "", ifBeside(b, target.block)), &e.rng)
	}
	addr := target.res.Addr.String()
	return diag.Failure("No action", fmt.Sprintf("Say what %s is to do: %s.%s.", addr, addr, strings.Join(verbs, ", "+addr+".")), &e.rng)
}

// ifBeside returns the block if another block of its module can refer to it, and nil if not.
func ifBeside(b, other *block) *block {
	if b.mod != other.mod {
		return nil
	}
	return b
}

// linkModule adds the edges of a module's block to each of the module's resources.
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
	return e.linkValue(c.mod, m.each.extendScope(ctx), of)
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
