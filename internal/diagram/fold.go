package diagram

import (
	"fmt"
	"strings"
)

// maxDrawn is how many nodes a drawing shows individually. A drawing with more is unreadable.
const maxDrawn = 300

// Fold returns the diagram with nodes merged until it has at most maxDrawn: first all of a module, then all instances of
// a resource, and last all of a kind. A merged node records how many nodes it represents, and how many of them change.
func (d *Diagram) Fold() *Diagram {
	for _, name := range []func(Node) string{nameOfModule, nameOfInstances, nameOfKind} {
		if len(d.Nodes) <= maxDrawn {
			break
		}
		d = d.foldBy(name)
	}
	return d
}

// nameOfModule returns the name of the node that a node is merged into; "": it stays.
func nameOfModule(n Node) string {
	if n.Group == "" {
		return ""
	}
	return "module." + n.Group
}

func nameOfInstances(n Node) string {
	if i := strings.IndexByte(n.Address, '['); strings.Count(n.Address, ".") > 0 && i > strings.IndexByte(n.Address, '.') {
		return n.Address[:i]
	}
	return ""
}

func nameOfKind(n Node) string { return n.Kind }

// foldBy merges nodes with the same name. It drops the edges between them and merges parallel ones.
func (d *Diagram) foldBy(name func(Node) string) *Diagram {
	out := &Diagram{}
	at, index := make([]int, len(d.Nodes)), map[string]int{}
	for i, n := range d.Nodes {
		to := name(n)
		if to == "" {
			at[i] = len(out.Nodes)
			out.Nodes = append(out.Nodes, n)
			continue
		}
		k, seen := index[to]
		if !seen {
			k = len(out.Nodes)
			index[to] = k
			out.Nodes = append(out.Nodes, Node{Address: to, Kind: n.Kind})
		}
		at[i] = k
		out.Nodes[k].take(n)
	}
	have := map[[2]int]bool{}
	for _, e := range d.Edges {
		from, to := at[e.From], at[e.To]
		if from == to || have[[2]int{from, to}] {
			continue
		}
		have[[2]int{from, to}] = true
		out.Edges = append(out.Edges, Edge{From: from, To: to, Reason: e.Reason})
	}
	return out
}

// take adds a node to those that n represents.
func (n *Node) take(one Node) {
	n.Folded += max(one.Folded, 1)
	n.changed += one.changed
	if one.Change != "" && one.Folded == 0 {
		n.changed++
	}
	switch {
	case one.Change == "":
	case n.Change == "" || one.Change == "failed":
		n.Change = one.Change
	case n.Change != one.Change && n.Change != "failed":
		n.Change = "update"
	}
	if n.Link == "" {
		n.Link = one.Link
	}
}

// label returns the text in the box of a node.
func (n Node) label() string {
	switch {
	case n.Folded == 0:
		return n.Address
	case n.changed > 0:
		return fmt.Sprintf("%s (%d, %d changed)", n.Address, n.Folded, n.changed)
	}
	return fmt.Sprintf("%s (%d)", n.Address, n.Folded)
}
