package graph

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"pgregory.net/rapid"
)

var genGraph = rapid.Custom(func(t *rapid.T) *Graph[int] {
	n := rapid.IntRange(1, 12).Draw(t, "nodes")
	g := New[int](n)
	for i := range rapid.IntRange(0, 2*n).Draw(t, "edges") {
		g.Add(rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to"), i)
	}
	return g
})

// oracle is the same graph for gonum, which has no edges from a node to
// itself: loops says which there are.
func oracle(g *Graph[int]) (o *simple.DirectedGraph, loops map[int]bool) {
	o, loops = simple.NewDirectedGraph(), map[int]bool{}
	for i := range g.Len() {
		o.AddNode(simple.Node(i))
	}
	for _, e := range g.Edges() {
		if e.From == e.To {
			loops[e.From] = true
		} else {
			o.SetEdge(o.NewEdge(simple.Node(e.From), simple.Node(e.To)))
		}
	}
	return o, loops
}

func TestOrderAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := genGraph.Draw(t, "graph")
		o, loops := oracle(g)
		_, err := topo.Sort(o)
		acyclic := err == nil && len(loops) == 0
		order, ok := g.Order()
		if ok != acyclic {
			t.Fatalf("ok is %v, the oracle says %v", ok, err)
		}
		if d := cmp.Diff(naiveOrder(g), order); d != "" {
			t.Fatal(d)
		}
	})
}

// naiveOrder takes, again and again, the smallest node that waits for nothing:
// the definition, and quadratic.
func naiveOrder(g *Graph[int]) []int {
	order, done := []int{}, make([]bool, g.Len())
	for {
		next := -1
		for i := g.Len() - 1; i >= 0; i-- {
			free := !done[i]
			for _, e := range g.Edges() {
				free = free && (e.To != i || done[e.From])
			}
			if free {
				next = i
			}
		}
		if next < 0 {
			return order
		}
		done[next] = true
		order = append(order, next)
	}
}

func TestCycleAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := genGraph.Draw(t, "graph")
		c := g.Cycle()
		checkIsCycle(t, c)
		want, through := shortestCycle(g)
		if len(c) != want {
			t.Fatalf("%d edges, want %d: %v", len(c), want, c)
		}
		if want > 0 {
			smallest := c[0].From
			for _, e := range c {
				smallest = min(smallest, e.From)
			}
			if smallest != through || c[0].From != through {
				t.Fatalf("it goes through %d and starts at %d, want %d", smallest, c[0].From, through)
			}
		}
		if d := cmp.Diff(c, g.Cycle()); d != "" {
			t.Fatalf("a second time: %s", d)
		}
	})
}

// shortestCycle is Floyd and Warshall's: the length of the shortest cycle, and
// the smallest node on one of that length.
func shortestCycle(g *Graph[int]) (length, through int) {
	const far = 1 << 20
	n := g.Len()
	d := make([][]int, n)
	for i := range d {
		d[i] = make([]int, n)
		for j := range d[i] {
			d[i][j] = far
		}
	}
	for _, e := range g.Edges() {
		d[e.From][e.To] = 1
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d[i][j] = min(d[i][j], d[i][k]+d[k][j])
			}
		}
	}
	length = far
	for i := range n {
		if d[i][i] < length {
			length, through = d[i][i], i
		}
	}
	if length == far {
		return 0, 0
	}
	return length, through
}

func TestComponentsAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := genGraph.Draw(t, "graph")
		g.index()
		o, _ := oracle(g)
		comp := g.components()
		want := make([]int, g.Len())
		for k, nodes := range topo.TarjanSCC(o) {
			for _, node := range nodes {
				want[node.ID()] = k
			}
		}
		for i := range comp {
			for j := range comp {
				if (comp[i] == comp[j]) != (want[i] == want[j]) {
					t.Fatalf("%d and %d: %v, the oracle says %v", i, j, comp, want)
				}
			}
		}
	})
}
