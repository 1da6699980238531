// Package graph orders numbered nodes. It knows which node comes before which and why (a reason of the caller's own
// type), and nothing about the nodes themselves.
//
// Build a [Graph] with New and Add, ask for Order or for the shortest Cycle, or walk it with [Walk], which returns the
// nodes that are ready. Among ready nodes the one with the smallest number always comes first, so that two runs are
// identical. An order takes linear time in nodes and edges, except for the heap's logarithm.
package graph

import (
	"iter"
	"slices"
)

// Edge orders From before To.
type Edge[R any] struct {
	From, To int
	Reason   R
}

// Graph is a set of numbered nodes and the edges between them.
type Graph[R any] struct {
	n     int
	edges []Edge[R]

	// Compressed adjacency, made at first use: the edges that leave node i are
	// edges[out[outAt[i]]] … edges[out[outAt[i+1]-1]].
	out, outAt []int32
	in, inAt   []int32
	outTo      []int32 // where each edge of out leads: a walk needs no more
}

// New returns a graph of the nodes 0 … n-1.
func New[R any](n int) *Graph[R] { return &Graph[R]{n: n} }

// Len is the number of nodes.
func (g *Graph[R]) Len() int { return g.n }

// Add orders from before to. An edge from a node to itself is a cycle.
func (g *Graph[R]) Add(from, to int, reason R) {
	g.edges = append(g.edges, Edge[R]{from, to, reason})
	g.outAt, g.inAt = nil, nil
}

// Edges returns all edges in the order in which they were added.
func (g *Graph[R]) Edges() []Edge[R] { return g.edges }

// After returns the edges that leave node i. Before and After are short enough for the compiler to turn them into
// plain loops, which allocate nothing.
func (g *Graph[R]) After(i int) iter.Seq[Edge[R]] {
	return func(yield func(Edge[R]) bool) {
		g.index()
		for _, e := range g.out[g.outAt[i]:g.outAt[i+1]] {
			if !yield(g.edges[e]) {
				return
			}
		}
	}
}

// Before returns the edges that enter node i.
func (g *Graph[R]) Before(i int) iter.Seq[Edge[R]] {
	return func(yield func(Edge[R]) bool) {
		g.index()
		for _, e := range g.in[g.inAt[i]:g.inAt[i+1]] {
			if !yield(g.edges[e]) {
				return
			}
		}
	}
}

// Behind returns every node that a way from i reaches.
func (g *Graph[R]) Behind(i int) map[int]bool {
	seen := map[int]bool{}
	for todo := []int{i}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for e := range g.After(n) {
			if !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
		}
	}
	return seen
}

// Ahead returns every node from which a way reaches one of some nodes.
func (g *Graph[R]) Ahead(of ...int) map[int]bool {
	seen := map[int]bool{}
	for todo := slices.Clone(of); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for e := range g.Before(n) {
			if !seen[e.From] {
				seen[e.From] = true
				todo = append(todo, e.From)
			}
		}
	}
	return seen
}

func (g *Graph[R]) index() {
	if g.outAt != nil {
		return
	}
	g.out, g.outAt = bucket(g.n, len(g.edges), func(e int) int { return g.edges[e].From })
	g.outTo = make([]int32, len(g.out))
	for k, e := range g.out {
		g.outTo[k] = int32(g.edges[e].To)
	}
	g.in, g.inAt = bucket(g.n, len(g.edges), func(e int) int { return g.edges[e].To })
}

// bucket sorts the edge numbers 0 … m-1 by node, stably, and returns where each
// node's edges begin.
func bucket(n, m int, node func(e int) int) (sorted, at []int32) {
	at = make([]int32, n+2)
	for e := range m {
		at[node(e)+2]++
	}
	for i := 2; i < len(at); i++ {
		at[i] += at[i-1]
	}
	sorted = make([]int32, m)
	for e := range m {
		k := node(e) + 1
		sorted[at[k]] = int32(e)
		at[k]++
	}
	return sorted, at[:n+1]
}

// Order returns the nodes so that every edge points forward; the smaller number breaks ties. ok is false if there is a
// cycle, and then order has only the nodes that are neither on nor behind one.
func (g *Graph[R]) Order() (order []int, ok bool) {
	w := g.Walk()
	order = make([]int, 0, g.n)
	for {
		i, more := w.Next()
		if !more {
			return order, len(order) == g.n
		}
		order = append(order, i)
		w.Done(i)
	}
}

// Walk hands out nodes whose predecessors are done.
type Walk[R any] struct {
	g       *Graph[R]
	pending []int32 // edges from nodes that are not done yet
	ready   heap
}

// Walk starts a walk over g, which must not change while it lasts.
func (g *Graph[R]) Walk() *Walk[R] {
	g.index()
	w := &Walk[R]{g: g, pending: make([]int32, g.n)}
	for i := range g.n {
		w.pending[i] = g.inAt[i+1] - g.inAt[i]
		if w.pending[i] == 0 {
			w.ready = append(w.ready, int32(i)) // ascending: a heap already
		}
	}
	return w
}

// Next takes the ready node with the smallest number; ok is false if none is
// ready.
func (w *Walk[R]) Next() (i int, ok bool) {
	if len(w.ready) == 0 {
		return 0, false
	}
	return int(w.ready.pop()), true
}

// Done marks node i as done: nodes that only waited for it become ready.
func (w *Walk[R]) Done(i int) {
	for _, to := range w.g.outTo[w.g.outAt[i]:w.g.outAt[i+1]] {
		if w.pending[to]--; w.pending[to] == 0 {
			w.ready.push(to)
		}
	}
}
