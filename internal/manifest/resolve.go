package manifest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
)

// resolve resolves every reference in the site before anything is evaluated: an
// undeclared name is an error anywhere, even in a branch that is never taken.
func (l *loader) resolve() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, m := range slices.Concat(l.mods, l.patterns) {
		for i := 0; i < len(m.nodes); i++ {
			diags = append(diags, m.nodes[i].resolve()...)
		}
		for _, it := range m.items {
			b := it.block
			if it.call != nil {
				b = it.call.on
				diags = append(diags, it.call.resolve()...)
			}
			diags = append(diags, b.resolveEdges()...)
		}
	}
	return diags
}

// resolve runs once; an evaluated node has no reference left.
func (n *node) resolve() hcl.Diagnostics {
	switch {
	case n.what == "group" || n.done:
		return nil
	case n.block != nil:
		return n.block.resolve()
	case n.uses == nil:
		return nil
	}
	refs, diags := n.mod.refs(n.uses, n.in)
	if n.in != nil && n.in.forEach != nil {
		paired := pairSet{}
		paired.find(n.expr)
		for i := range refs {
			if refs[i].pair(paired) && n.each != nil {
				n.mod.choose(&refs[i], n.each)
			}
		}
	}
	n.refs, n.uses = refs, nil
	return diags
}

// resolve checks what a module block of a pattern refers to; others were
// expanded.
func (c *call) resolve() hcl.Diagnostics {
	if !c.mod.pattern {
		return nil
	}
	var diags hcl.Diagnostics
	for _, e := range c.on.expressions() {
		_, more := c.mod.refs(e.Variables(), c.on)
		diags = append(diags, more...)
	}
	return diags
}

// resolve resolves the references of the block's attributes in the order of
// their places, so that the first of two equal dependencies is the first read.
func (b *block) resolve() hcl.Diagnostics {
	var uses []hcl.Traversal
	paired := pairSet{}
	for _, e := range b.expressions() {
		uses = append(uses, e.Variables()...)
		if b.forEach != nil {
			paired.find(e)
		}
	}
	refs, diags := b.mod.refs(uses, b)
	for i := range refs {
		refs[i].paired = refs[i].pair(paired)
	}
	b.node.refs = refs
	return diags
}

// expressions are the block's own, but for those of its edges.
func (b *block) expressions() []hcl.Expression {
	var out []hcl.Expression
	for _, e := range []hcl.Expression{b.forEach, b.when, b.onFailure} {
		if e != nil {
			out = append(out, e)
		}
	}
	for i := range b.attrs {
		if b.attrs[i].expr != nil {
			out = append(out, b.attrs[i].expr)
		}
	}
	return out
}

// refs resolves traversals; in is their block, nil outside of one.
func (m *module) refs(uses []hcl.Traversal, in *block) ([]ref, hcl.Diagnostics) {
	if len(uses) == 0 {
		return nil, nil
	}
	out := make([]ref, 0, len(uses))
	var diags hcl.Diagnostics
	for _, t := range uses {
		r, more := m.ref(t, in)
		if diags = append(diags, more...); !more.HasErrors() {
			out = append(out, r)
		}
	}
	return out, diags
}

func (m *module) ref(t hcl.Traversal, in *block) (ref, hcl.Diagnostics) {
	r := ref{trav: t}
	switch root := t.RootName(); root {
	case "node":
		r.use = useNode
		return r, nil
	case "each":
		return m.eachRef(r, in)
	case "path":
		r.use = usePath
		if name, ok := step(t, 1); ok && name != "module" {
			return r, unknown(t, 1, "Unknown path", fmt.Sprintf("There is no path.%s; path.module is the folder of the manifest.", name))
		}
		return r, nil
	case "var":
		return m.namedRef(r, "variable", m.variables)
	case "local":
		return m.namedRef(r, "local", m.locals)
	case "module":
		return m.moduleRef(r)
	default:
		if m.l.kinds[root] != nil {
			return m.resourceRef(r, root)
		}
		names := append([]string{"var", "local", "node", "path", "module", "each"}, m.l.names...)
		return r, unknown(t, 0, "Unknown name", fmt.Sprintf("There is no %q to refer to.%s", root, diag.Suggest(root, names, "A reference begins with")))
	}
}

func (m *module) eachRef(r ref, in *block) (ref, hcl.Diagnostics) {
	r.use, r.of = useEach, in
	if in == nil || !in.isEach() {
		return r, unknown(r.trav, 0, "No each here", "There is an \"each\" only in a block with for_each.")
	}
	if name, ok := step(r.trav, 1); ok && name != "key" && name != "value" {
		return r, unknown(r.trav, 1, "Unknown attribute", fmt.Sprintf("There is no each.%s; there are each.key and each.value.", name))
	}
	return r, nil
}

func (m *module) namedRef(r ref, what string, table map[string]*node) (ref, hcl.Diagnostics) {
	r.use = useNamed
	name, ok := step(r.trav, 1)
	if !ok {
		return r, unknown(r.trav, 0, "Incomplete reference", fmt.Sprintf("%q must be followed by the name of a %s.", r.trav.RootName(), what))
	}
	if r.node = table[name]; r.node == nil {
		return r, unknown(r.trav, 1, "Unknown "+what, fmt.Sprintf("No %s %q is declared.%s",
			what, name, diag.Suggest(name, sortedNames(table), "Declared are")))
	}
	return r, nil
}

func (m *module) moduleRef(r ref) (ref, hcl.Diagnostics) {
	name, ok := step(r.trav, 1)
	if !ok {
		return r, unknown(r.trav, 0, "Incomplete reference", "\"module\" must be followed by the name of a module.")
	}
	c := m.calls[name]
	if c == nil {
		return r, unknown(r.trav, 1, "Unknown module", fmt.Sprintf("No module %q is declared.%s", name, diag.Suggest(name, sortedNames(m.calls), "Declared are")))
	}
	if n := len(m.l.chain); n > 0 {
		m.l.chain[n-1].ref = &ref{trav: r.trav}
	}
	if diags := c.expand(); diags.HasErrors() {
		return r, diags
	}
	r.call = c
	at := 2
	if c.isEach() {
		at = 3
		if diags := r.chooseModule(); diags.HasErrors() {
			return r, diags
		}
	} else if len(c.insts) > 0 {
		r.inst = c.insts[0]
	}
	r.use = useModule
	out, ok := step(r.trav, at)
	if !ok {
		r.node = m.modulesNode(c, r.inst)
		return r, nil
	}
	if c.pattern.outputs[out] == nil {
		return r, unknown(r.trav, at, "Unknown output", fmt.Sprintf("The module %q has no output %q.%s",
			name, out, diag.Suggest(out, sortedNames(c.pattern.outputs), "Its outputs are")))
	}
	if r.inst != nil {
		r.use, r.node = useOutput, r.inst.outputs[out]
	}
	return r, nil
}

// chooseModule determines the instance of a module with for_each, if the
// reference names it.
func (r *ref) chooseModule() hcl.Diagnostics {
	c := r.call
	key, ok := step(r.trav, 2)
	if !ok {
		return nil
	}
	addr := c.on.addr().String()
	if _, dotted := r.trav[2].(hcl.TraverseAttr); dotted {
		return unknown(r.trav, 2, "Instance not chosen", fmt.Sprintf(
			"%s has for_each, so a reference to one of its modules goes by its key: %s[\"KEY\"].", addr, addr))
	}
	r.inst = c.byKey[key] // nil: an index that is not there, when it is evaluated
	return nil
}

func (m *module) resourceRef(r ref, kind string) (ref, hcl.Diagnostics) {
	label, ok := step(r.trav, 1)
	if !ok {
		if len(r.trav) > 1 {
			return r, unknown(r.trav, 1, "Invalid reference", fmt.Sprintf("A %s is referred to by its name: %s.NAME or %s[\"NAME\"].", kind, kind, kind))
		}
		r.use, r.node = useGroup, m.group(kind)
		return r, nil
	}
	r.use, r.attr = useResource, attrWhole
	if r.block = m.blocks[blockKey{kind, label}]; r.block == nil {
		return r, m.undeclared(r.trav, kind, label)
	}
	at := 2
	if r.block.isEach() {
		if _, attr := step(r.trav, 2); attr {
			if _, dotted := r.trav[2].(hcl.TraverseAttr); dotted {
				return r, unknown(r.trav, 2, "Instance not chosen", fmt.Sprintf(
					"%s has for_each, so a reference to one of its resources goes by its key: %s[\"KEY\"].", r.block.addr(), r.block.addr()))
			}
		}
		at = 3
	}
	diags := r.member(at)
	if !r.block.isEach() && r.attr == attrVerb {
		return r, diags // an action of a resource that is known to exist needs no value
	}
	r.node = r.block.node
	return r, diags
}

// member settles which attribute or action the step at means.
func (r *ref) member(at int) hcl.Diagnostics {
	name, ok := step(r.trav, at)
	if !ok {
		return nil
	}
	k := r.block.kind
	if i, ok := k.attr[name]; ok {
		r.attr = i
		return nil
	}
	if k.Rank(name) >= 0 {
		r.attr, r.verb = attrVerb, name
		return nil
	}
	names := append([]string(nil), k.Verbs...)
	for i := range k.Attrs {
		names = append(names, k.Attrs[i].Name)
	}
	return unknown(r.trav, at, "Unknown attribute or action", fmt.Sprintf("A %s has no attribute or action %q.%s",
		k.Name, name, diag.Suggest(name, names, "It has")))
}

// undeclared tells that no such resource is declared, and which are.
func (m *module) undeclared(t hcl.Traversal, kind, label string) hcl.Diagnostics {
	var names []string
	for _, b := range m.labels[kind] {
		names = append(names, b.label)
	}
	detail := fmt.Sprintf("No %s %q is declared.%s", kind, label, diag.Suggest(label, names, "Declared are"))
	for _, other := range m.l.names {
		if other != kind && m.blocks[blockKey{other, label}] != nil {
			detail = fmt.Sprintf("No %s %q is declared, but there is %s.", kind, label, m.blocks[blockKey{other, label}].addr())
		}
	}
	return unknown(t, 1, "Unknown resource", detail)
}

// step is the literal name of a traversal's step, if there is one.
func step(t hcl.Traversal, i int) (string, bool) {
	if i >= len(t) {
		return "", false
	}
	return syntax.StepName(t[i])
}

// unknown is an error at the step of a reference that means nothing.
func unknown(t hcl.Traversal, at int, summary, detail string) hcl.Diagnostics {
	r := t[at].SourceRange()
	d := diag.Failure(summary, detail, &r)
	d.Context = t.SourceRange().Ptr()
	return hcl.Diagnostics{d}
}

// modulesNode is the node of all outputs of a module, or of all instances of
// one with for_each; nil in a pattern, where there are none.
func (m *module) modulesNode(c *call, inst *module) *node {
	if inst != nil {
		return inst.group("")
	}
	if m.pattern {
		return nil
	}
	name := "module." + c.name
	if g := m.groups[name]; g != nil {
		return g
	}
	g := &node{what: "group", mod: m, home: m, kind: name}
	m.groups[name] = g
	for _, inst := range c.insts {
		g.refs = append(g.refs, ref{use: useModule, call: c, inst: inst, node: inst.group(""), trav: rootTraversal(name, c.rng)})
	}
	m.nodes = append(m.nodes, g)
	return g
}

// group is the node of "all blocks of that kind", or with "" of all outputs:
// what a reference needs that does not say which.
func (m *module) group(kind string) *node {
	if g := m.groups[kind]; g != nil {
		return g
	}
	g := &node{what: "group", mod: m, home: m, kind: kind}
	m.groups[kind] = g
	if kind == "" {
		for _, name := range sortedNames(m.outputs) {
			g.refs = append(g.refs, ref{use: useOutput, node: m.outputs[name], trav: rootTraversal("output", m.outputs[name].rng)})
		}
	}
	for _, b := range m.labels[kind] {
		g.refs = append(g.refs, ref{use: useResource, block: b, node: b.node, attr: attrWhole, trav: rootTraversal(b.addr().String(), b.rng)})
	}
	m.nodes = append(m.nodes, g)
	return g
}

func rootTraversal(name string, at hcl.Range) hcl.Traversal {
	return hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: at}}
}

func (m *module) allBlocks() []*block {
	var out []*block
	for _, it := range m.items {
		if it.block != nil {
			out = append(out, it.block)
		}
	}
	return out
}
