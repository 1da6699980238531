package diagram

import (
	"bufio"
	"io"
)

// Tree writes every node without a successor, and below each its predecessors
// with the reasons. A node that was written before is not unfolded again but
// marked (*), so the tree is linear in nodes and edges.
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

// limb is one level of the walk: the edges of a node that are still to show.
type limb struct {
	edges []Edge
	stem  string // what stands left of its lines
}

// printRoot walks down from node i. It keeps a stack of its own, since a chain of
// resources may be as long as the manifest.
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
