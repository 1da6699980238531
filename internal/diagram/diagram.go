// Package diagram draws the dependencies between things: as a tree of text, as a picture, for Graphviz, for Mermaid, and
// as JSON.
//
// Start with [Diagram]. It computes no order and does not know resources. Package layout places the boxes of a picture.
package diagram

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/emicklei/dot"
)

// Diagram holds things and the edges between them.
type Diagram struct {
	Nodes []Node // in order: dependencies come first
	Edges []Edge
}

// Node is one thing.
type Node struct {
	Address string `json:"address"`
	Kind    string `json:"kind"`
	Place   string `json:"place,omitempty"` // file:line
	Group   string `json:"module,omitempty"`
	Change  string `json:"change,omitempty"` // create, update, delete, run, failed, notified, held; "": none, or unknown

	Link   string `json:"-"` // where a drawing leads from it; "": nowhere
	Folded int    `json:"-"` // the number of nodes that it represents; 0: only itself

	changed int // of Folded
}

// Mark records changes, by address.
func (d *Diagram) Mark(changes map[string]string) {
	for i := range d.Nodes {
		d.Nodes[i].Change = changes[d.Nodes[i].Address]
	}
}

// Edge orders one node before another.
type Edge struct {
	From, To int
	Reason   string // completes "To comes after From: …"
	Place    string
}

// Version of the JSON form. Within one, fields are only ever added.
const Version = 1

// JSON writes the diagram as one object: version, resources in order, and
// edges by address.
func (d *Diagram) JSON(w io.Writer) error {
	type edge struct {
		From   string `json:"from"`
		To     string `json:"to"`
		Reason string `json:"reason,omitempty"`
		Place  string `json:"place,omitempty"`
	}
	out := struct {
		Version   int    `json:"version"`
		Resources []Node `json:"resources"`
		Edges     []edge `json:"edges"`
	}{Version: Version, Resources: d.Nodes, Edges: make([]edge, len(d.Edges))}
	if out.Resources == nil {
		out.Resources = []Node{}
	}
	for i, e := range d.Edges {
		out.Edges[i] = edge{d.Nodes[e.From].Address, d.Nodes[e.To].Address, e.Reason, e.Place}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// joinEdges lists the incoming edges of every node, with parallel edges merged.
func (d *Diagram) joinEdges() [][]Edge {
	in := make([][]Edge, len(d.Nodes))
	at := make(map[[2]int]int, len(d.Edges))
	for _, e := range d.Edges {
		pair := [2]int{e.From, e.To}
		k, seen := at[pair]
		if !seen {
			at[pair] = len(in[e.To])
			in[e.To] = append(in[e.To], e)
			continue
		}
		if j := &in[e.To][k]; j.Reason != e.Reason {
			j.Reason += "; " + e.Reason
		}
	}
	return in
}

// DOT writes the diagram for Graphviz; arrows lead from a dependency to its dependents, and a module is a box around its
// nodes.
func (d *Diagram) DOT(w io.Writer) error {
	g := d.drawGraph(func(g *dot.Graph, n Node) dot.Node {
		if n.Group != "" {
			g = g.Subgraph("module."+n.Group, dot.ClusterOption{})
		}
		return g.Node(n.Address).Attr("shape", "box")
	})
	_, err := io.WriteString(w, g.String()+"\n")
	return err
}

// Mermaid writes the diagram for Mermaid, without boxes around modules.
func (d *Diagram) Mermaid(w io.Writer) error {
	g := d.drawGraph(func(g *dot.Graph, n Node) dot.Node { return g.Node(n.Address).Attr("shape", dot.MermaidShapeRound) })
	_, err := io.WriteString(w, dot.MermaidFlowchart(g, dot.MermaidTopDown))
	return err
}

func (d *Diagram) drawGraph(node func(*dot.Graph, Node) dot.Node) *dot.Graph {
	g := dot.NewGraph(dot.Directed)
	nodes := make([]dot.Node, len(d.Nodes))
	for i, n := range d.Nodes {
		nodes[i] = node(g, n).Label(n.Address)
	}
	for _, in := range d.joinEdges() {
		for _, e := range in {
			edge := g.Edge(nodes[e.From], nodes[e.To])
			if e.Reason != "" {
				edge.Label(e.Reason)
			}
		}
	}
	return g
}

// Tree writes every node without a successor, and below each its predecessors with the reasons. A node that was written
// before is not expanded again but marked (*), so the tree is linear in nodes and edges.
func (d *Diagram) Tree(w io.Writer) error {
	t := &tree{d: d, w: bufio.NewWriter(w), in: d.joinEdges(), unfolded: make([]bool, len(d.Nodes))}
	hasAfter := make([]bool, len(d.Nodes))
	for _, e := range d.Edges {
		hasAfter[e.From] = true
	}
	for i := range d.Nodes {
		if !hasAfter[i] {
			t.printRoot(i)
		}
	}
	return t.w.Flush()
}

type tree struct {
	d        *Diagram
	w        *bufio.Writer
	in       [][]Edge
	unfolded []bool
}

// limb is one level of the walk: the remaining edges of a node.
type limb struct {
	edges []Edge
	stem  string // the text to the left of its lines
}

// printRoot walks down from node i. It keeps its own stack, because a chain of resources may be as long as the manifest.
func (t *tree) printRoot(i int) {
	t.printParts(t.d.Nodes[i].Address, "\n")
	t.unfolded[i] = true
	stack := []limb{{edges: t.in[i]}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.edges) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		e := top.edges[0]
		top.edges = top.edges[1:]
		branch, below := "├─ ", "│  "
		if len(top.edges) == 0 {
			branch, below = "└─ ", "   "
		}
		stem := top.stem + below
		t.printParts(top.stem, branch, t.d.Nodes[e.From].Address)
		again := t.unfolded[e.From] && len(t.in[e.From]) > 0
		if again {
			t.printParts(" (*)")
		}
		t.printParts("  # ", e.Reason, "\n")
		if !again {
			t.unfolded[e.From] = true
			stack = append(stack, limb{t.in[e.From], stem})
		}
	}
}

// printParts leaves errors to Flush, which returns the first.
func (t *tree) printParts(parts ...string) {
	for _, p := range parts {
		t.w.WriteString(p) //nolint:errcheck // see above
	}
}
