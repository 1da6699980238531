package graph

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// build makes a graph from "0>1 1>2 …"; an edge's reason is its text.
func build(n int, edges string) *Graph[string] {
	g := New[string](n)
	for _, e := range strings.Fields(edges) {
		var from, to int
		fmt.Sscanf(e, "%d>%d", &from, &to)
		g.Add(from, to, e)
	}
	return g
}

func reasons(edges []Edge[string]) string {
	var out []string
	for _, e := range edges {
		out = append(out, e.Reason)
	}
	return strings.Join(out, " ")
}

func TestOrderAndCycle(t *testing.T) {
	for _, c := range []struct {
		summary, edges string
		n              int
		order          []int
		cycle          string
	}{
		{summary: "nothing", order: []int{}},
		{summary: "strangers keep their numbers", n: 4, order: []int{0, 1, 2, 3}},
		{summary: "an edge moves one back", n: 4, edges: "3>1", order: []int{0, 2, 3, 1}},
		{summary: "a chain against the numbers", n: 4, edges: "3>2 2>1 1>0", order: []int{3, 2, 1, 0}},
		{summary: "a diamond", n: 4, edges: "0>2 0>1 2>3 1>3", order: []int{0, 1, 2, 3}},
		{summary: "an edge twice", n: 2, edges: "1>0 1>0", order: []int{1, 0}},
		{summary: "what is free early waits for its number", n: 5, edges: "4>0", order: []int{1, 2, 3, 4, 0}},
		{summary: "itself", n: 2, edges: "1>1", order: []int{0}, cycle: "1>1"},
		{summary: "itself, on a longer one", n: 3, edges: "0>1 1>2 2>0 2>2", order: []int{}, cycle: "2>2"},
		{summary: "two", n: 3, edges: "1>2 2>1", order: []int{0}, cycle: "1>2 2>1"},
		{summary: "before and behind one", n: 5, edges: "0>1 1>2 2>1 2>3 3>4", order: []int{0}, cycle: "1>2 2>1"},
		{summary: "the shorter of two", n: 6, edges: "0>1 1>2 2>0 3>4 4>3 2>3", order: []int{5}, cycle: "3>4 4>3"},
		{summary: "the shorter way round", n: 4, edges: "0>1 1>2 2>3 3>0 1>3", order: []int{}, cycle: "0>1 1>3 3>0"},
		{summary: "of equals the one with the smallest node", n: 4, edges: "2>3 3>2 1>0 0>1", order: []int{}, cycle: "0>1 1>0"},
		{summary: "of two edges the first", n: 2, edges: "0>1 1>0 0>1", order: []int{}, cycle: "0>1 1>0"},
		{summary: "between two", n: 5, edges: "0>1 1>0 1>2 2>3 3>4 4>3", order: []int{}, cycle: "0>1 1>0"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			g := build(c.n, c.edges)
			order, ok := g.Order()
			if d := cmp.Diff(c.order, order); d != "" || ok != (c.cycle == "") {
				t.Errorf("order %v, %v: %s", order, ok, d)
			}
			if got := reasons(g.Cycle()); got != c.cycle {
				t.Errorf("cycle is %q, want %q", got, c.cycle)
			}
		})
	}
}

func TestEdgesOfANode(t *testing.T) {
	g := build(4, "0>2 1>2 2>3 0>2")
	if g.Len() != 4 || reasons(g.Edges()) != "0>2 1>2 2>3 0>2" {
		t.Error(g.Len(), reasons(g.Edges()))
	}
	collect := func(each func(int) iter.Seq[Edge[string]], i, most int) string {
		var es []Edge[string]
		for e := range each(i) {
			if es = append(es, e); len(es) == most {
				break
			}
		}
		return reasons(es)
	}
	for _, c := range []struct {
		got, want string
	}{
		{collect(g.After, 0, 9), "0>2 0>2"},
		{collect(g.Before, 2, 9), "0>2 1>2 0>2"},
		{collect(g.Before, 2, 2), "0>2 1>2"},
		{collect(g.After, 0, 1), "0>2"},
		{collect(g.After, 3, 9), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	g.Add(3, 0, "3>0") // after it was asked
	if got := collect(g.After, 3, 9); got != "3>0" {
		t.Errorf("got %q", got)
	}
}

// TestWays shows which nodes are ahead of some nodes and which are behind one: a node is
// among them itself only if it is on a cycle.
func TestWays(t *testing.T) {
	g := build(7, "0>2 1>2 2>3 2>4 4>5 5>4")
	for _, c := range []struct {
		got  map[int]bool
		want []int
	}{
		{g.Behind(0), []int{2, 3, 4, 5}},
		{g.Behind(3), nil},
		{g.Behind(4), []int{4, 5}},
		{g.Ahead(3), []int{0, 1, 2}},
		{g.Ahead(0), nil},
		{g.Ahead(0, 2), []int{0, 1}},
		{g.Ahead(4), []int{0, 1, 2, 4, 5}},
		{g.Ahead(), nil},
	} {
		if got := slices.Sorted(maps.Keys(c.got)); !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestWalkHandsOutWhatIsReady(t *testing.T) {
	w := build(4, "0>2 1>2 2>3").Walk()
	next := func() int {
		if i, ok := w.Next(); ok {
			return i
		}
		return -1
	}
	got := []int{next(), next(), next()}
	w.Done(1)
	got = append(got, next())
	w.Done(0)
	got = append(got, next(), next())
	w.Done(2)
	got = append(got, next(), next())
	if d := cmp.Diff([]int{0, 1, -1, -1, 2, -1, 3, -1}, got); d != "" {
		t.Error(d)
	}
}

// big is 100,000 nodes and 300,000 edges, all forward in a hidden order.
func big(seed uint64) *Graph[struct{}] {
	const n, m = 100_000, 300_000
	rnd := rand.New(rand.NewPCG(seed, 0))
	place := rnd.Perm(n)
	g := New[struct{}](n)
	for range m {
		a, b := rnd.IntN(n), rnd.IntN(n)
		if place[a] > place[b] {
			a, b = b, a
		}
		if a != b {
			g.Add(a, b, struct{}{})
		}
	}
	return g
}

func BenchmarkOrder(b *testing.B) {
	edges := big(1).Edges()
	for b.Loop() {
		g := New[struct{}](100_000)
		for _, e := range edges {
			g.Add(e.From, e.To, e.Reason)
		}
		if _, ok := g.Order(); !ok {
			b.Fatal("a cycle")
		}
	}
}

// hugeCycles are graphs of side × side nodes with cycles of every shape. With
// 100,000 nodes each must be answered in seconds.
func hugeCycles(side int) map[string]*Graph[struct{}] {
	n := side * side
	ring := New[struct{}](n)
	for i := range n {
		ring.Add(i, (i+1)%n, struct{}{})
	}
	rnd := rand.New(rand.NewPCG(2, 0))
	random := New[struct{}](n)
	for range 3 * n {
		random.Add(rnd.IntN(n), rnd.IntN(n), struct{}{})
	}
	torus := New[struct{}](n) // every cycle is long, and there are many
	for i := range n {
		x, y := i%side, i/side
		torus.Add(i, y*side+(x+1)%side, struct{}{})
		torus.Add(i, (y+1)%side*side+x, struct{}{})
	}
	chords := New[struct{}](n) // a ring in which each node also leads to the opposite one
	for i := range n {
		chords.Add(i, (i+1)%n, struct{}{})
		chords.Add(i, (i+n/2)%n, struct{}{})
	}
	self := New[struct{}](n) // one node before itself, at the end of a chain
	for i := range n {
		self.Add(i, min(i+1, n-1), struct{}{})
	}
	return map[string]*Graph[struct{}]{"ring": ring, "random": random, "torus": torus, "chords": chords, "self": self}
}

func TestHugeCycles(t *testing.T) {
	const side = 100
	want := map[string]int{"ring": side * side, "torus": side, "chords": 2, "self": 1}
	for name, g := range hugeCycles(side) {
		c := g.Cycle()
		checkIsCycle(t, c)
		if w := want[name]; w != 0 && len(c) != w {
			t.Errorf("%s: %d edges, want %d", name, len(c), w)
		}
	}
}

func checkIsCycle[R any](t interface{ Fatalf(string, ...any) }, c []Edge[R]) {
	for i, e := range c {
		if e.To != c[(i+1)%len(c)].From {
			t.Fatalf("edge %d leads to %d, the next leaves %d", i, e.To, c[(i+1)%len(c)].From)
		}
	}
}

func BenchmarkCycle(b *testing.B) {
	for name, g := range hugeCycles(316) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				g.Cycle()
			}
		})
	}
}
