// Package diagram draws an order of things that come before other things, and
// why: as a tree of text, for Graphviz, for Mermaid, and as JSON.
//
// Start with [Diagram]. It finds no order and knows nothing of resources.
package diagram

import (
	"encoding/json"
	"io"
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
	type pair struct{ from, to int }
	at := make(map[pair]int, len(d.Edges))
	for _, e := range d.Edges {
		p := pair{e.From, e.To}
		k, seen := at[p]
		if !seen {
			at[p] = len(in[e.To])
			in[e.To] = append(in[e.To], e)
			continue
		}
		if j := &in[e.To][k]; j.Reason != e.Reason {
			j.Reason += "; " + e.Reason
		}
	}
	return in
}
