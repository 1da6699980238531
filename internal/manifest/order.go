package manifest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/graph"
	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// evaluateSite evaluates every node once, after the nodes that it refers to.
func (l *loader) evaluateSite() hcl.Diagnostics {
	var nodes []*node
	for _, m := range l.mods {
		for _, n := range m.nodes {
			n.id = len(nodes)
			nodes = append(nodes, n)
		}
	}
	g := graph.New[*ref](len(nodes))
	for _, n := range nodes {
		for i := range n.refs {
			if before := n.refs[i].node; before != nil {
				g.Add(before.id, n.id, &n.refs[i])
			}
		}
	}
	order, ok := g.Order()
	if !ok {
		return hcl.Diagnostics{describeCycle(g.Cycle(), nodes)}
	}
	l.readAhead(nodes)
	said := map[int]hcl.Diagnostics{}
	for _, i := range order {
		if l.stopped() {
			return nil
		}
		if diags := nodes[i].evaluateOnce(); len(diags) > 0 {
			said[i] = diags
		}
	}
	return validateAll(g, order, nodes, said)
}

// validateAll checks all variables. It drops diagnostics about values that depend on an invalid variable: they are
// consequences.
func validateAll(g *graph.Graph[*ref], order []int, nodes []*node, said map[int]hcl.Diagnostics) hcl.Diagnostics {
	var diags hcl.Diagnostics
	invalid := make([]bool, len(nodes))
	for i, n := range nodes {
		if n.variable != nil && n.done && !n.home.off {
			more := n.checkValidations(n.home)
			invalid[i] = more.HasErrors()
			diags = append(diags, more...)
		}
	}
	if diags.HasErrors() && len(said) > 0 {
		next := make([][]int, len(nodes))
		for _, e := range g.Edges() {
			next[e.From] = append(next[e.From], e.To)
		}
		for _, i := range order {
			for _, j := range next[i] {
				invalid[j] = invalid[j] || invalid[i]
			}
		}
	}
	for _, i := range order {
		if !invalid[i] {
			diags = append(diags, said[i]...)
		}
	}
	return diags
}

const circleText = "These references form a circle, so there is no value to begin with:"

// maxCircle is how many references of a cycle are listed.
const maxCircle = 100

// describeCycle describes a cycle of references as a path, with the place of each step.
func describeCycle(edges []graph.Edge[*ref], nodes []*node) *hcl.Diagnostic {
	if len(edges) == 0 {
		return diag.Failure("Circular reference", "References form a circle.", nil)
	}
	// Edges follow the order of evaluation; a reader follows references.
	var b strings.Builder
	b.WriteString(circleText)
	for i := len(edges) - 1; i >= 0; i-- {
		if skipped := i - maxCircle/2 + 1; len(edges) > maxCircle && i == len(edges)-1-maxCircle/2 {
			fmt.Fprintf(&b, "\n  - … %d more", skipped)
			i -= skipped
		}
		e := edges[i]
		b.WriteString(e.Reason.describeStep(nodes[e.To].nameForMessages()))
	}
	at := edges[len(edges)-1].Reason.trav.SourceRange()
	return diag.Failure("Circular reference", b.String(), &at)
}

// describeStep describes one reference of a cycle in a line.
func (r *ref) describeStep(from string) string {
	return fmt.Sprintf("\n  - %s refers to %s (%s)", from, syntax.TraversalText(r.trav), diag.Place(r.trav.SourceRange()))
}

// nameForMessages returns the name of a node in messages.
func (n *node) nameForMessages() string {
	prefix := n.what
	switch n.what {
	case "resource":
		return n.block.addr().String()
	case "group":
		return "every " + n.kind
	case "variable":
		prefix = "var"
	}
	if n.home == nil || n.home.path == "" {
		return prefix + "." + n.name
	}
	return resource.Addr{Module: n.home.path, Kind: prefix, Name: n.name}.String()
}
