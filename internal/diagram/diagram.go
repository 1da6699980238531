// Package diagram draws an order of things that come before other things, and
// why: as a tree of text, for Graphviz, for Mermaid, and as JSON.
//
// Start with [Diagram]. It finds no order and knows nothing of resources.
package diagram

import (
	"encoding/json"
	"io"

	"github.com/emicklei/dot"
)

// Diagram is things and the edges between them.
type Diagram struct {
	Nodes []Node // in order: what comes first stands first
	Edges []Edge
}

// Node is one thing.
type Node struct {
	Address string `json:"address"`
	Kind    string `json:"kind"`
	Place   string `json:"place,omitempty"` // file:line
	Group   string `json:"module,omitempty"`
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

// joinEdges lists, for every node, the edges that enter it, those between the
// same two nodes joined into one.
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

// DOT writes the diagram for Graphviz; arrows go from what comes first, and a
// module is a box around its own.
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
