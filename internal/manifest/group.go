package manifest

import (
	"github.com/hashicorp/hcl/v2"
)

// modulesNode returns the node of all outputs of a module, or of all instances of
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

// group returns the node of "all blocks of that kind", or with "" of all outputs:
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
