package graph

import (
	"fmt"
	"testing"
)

// TestSearch shows how many edges the search for a shortest cycle looks at: what
// can lie on no shorter cycle is left out, and patience ends it.
func TestSearch(t *testing.T) {
	for _, c := range []struct {
		summary, edges string
		n, patience    int
		cycle          string
		looked         int
	}{
		{"no cycle, no search", "0>1 1>2", 3, 100, "", 0},
		{"a ring is searched once", "0>1 1>2 2>3 3>0", 4, 100, "0>1 1>2 2>3 3>0", 4},
		{"and so is each of two", "0>1 1>0 2>3 3>2", 4, 100, "0>1 1>0", 3},
		{"what leads into a ring is not searched", "3>0 0>1 1>0", 4, 100, "0>1 1>0", 2},
		{"what leads out of a ring is looked at only there", "0>1 1>0 0>2 2>3", 4, 100, "0>1 1>0", 3},
		{"two rings with an edge between them stay apart", "0>1 1>0 1>2 2>3 3>2", 4, 100, "0>1 1>0", 3},
		{"a tail within a component goes with its node", "0>1 1>2 2>0 1>3 3>0", 4, 100, "0>1 1>2 2>0", 4},
		{"a node on two cycles is removed with both", "0>1 1>0 0>2 2>0", 3, 100, "0>1 1>0", 3},
		{"no longer cycle is followed to its end", "0>1 1>0 2>3 3>4 4>2", 5, 100, "0>1 1>0", 3},
		{"a longer cycle comes first, and a shorter one is found", "0>1 1>2 2>0 1>3 3>1", 4, 100, "1>3 3>1", 7},
		{"at the end of its patience it returns what it has", "0>1 1>2 2>0 1>3 3>1", 4, 3, "0>1 1>2 2>0", 4},
		{"one more edge, and it goes on", "0>1 1>2 2>0 1>3 3>1", 4, 4, "1>3 3>1", 7},
		{"what can only be reached from a removed node goes with it", "0>1 1>2 2>3 3>2 3>0", 4, 100, "2>3 3>2", 7},
		{"without patience it still finds one", "0>1 1>0", 2, 0, "0>1 1>0", 2},
		{"a node before itself ends it", "0>0 1>2 2>1", 3, 100, "0>0", 1},
	} {
		g := build(c.n, c.edges)
		g.index()
		s := newSearch(g)
		if got := reasons(s.findShortest(c.patience)); got != c.cycle || s.looked != c.looked {
			t.Errorf("%s: cycle %q after %d edges, want %q after %d", c.summary, got, s.looked, c.cycle, c.looked)
		}
	}
}

// TestComponents shows that nodes share a number if each leads to the other, and
// that a component has a smaller one than those that lead to it.
func TestComponents(t *testing.T) {
	for _, c := range []struct {
		edges string
		n     int
		want  string // the number of each node
	}{
		{"", 2, "12"},
		{"0>1", 2, "21"},
		{"0>1 1>0", 2, "11"},
		{"0>1 1>2 2>0 2>3 3>4 4>3", 5, "22211"},
		{"0>1 1>2 2>1 3>0", 4, "2113"},
		{"0>1 1>2 2>3 3>1 3>0", 4, "1111"},
		{"0>2 2>1 1>2 0>1", 3, "211"},
		{"0>1 0>2 1>3 2>3 3>0", 4, "1111"},
		{"0>1 1>2 0>2 2>3 3>2", 4, "3211"},
		{"1>0 2>0 2>1 0>2", 3, "111"},
	} {
		g := build(c.n, c.edges)
		g.index()
		got := ""
		for _, number := range g.components() {
			got += fmt.Sprint(number)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.edges, got, c.want)
		}
	}
}
