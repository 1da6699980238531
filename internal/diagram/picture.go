package diagram

import (
	"io"

	"github.com/emicklei/dot"
)

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
