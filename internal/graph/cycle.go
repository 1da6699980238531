package graph

import "slices"

// patience bounds the search for the shortest cycle, in examined edges: about a second's worth. Only graphs with very
// many nodes on long cycles reach it.
const patience = 1 << 25

// Cycle returns a shortest cycle as the edges along it, nil if there is none. Of several equally short ones it is one
// through the smallest node. In a graph so large and tangled that the search takes longer it is the shortest found by
// then, the same every time.
func (g *Graph[R]) Cycle() []Edge[R] {
	g.index()
	return newSearch(g).findShortest(patience)
}

// search looks for cycles among the nodes that may still be on one.
type search[R any] struct {
	g      *Graph[R]
	comp   []int32
	in     []bool
	from   []int32 // edges to the node from nodes that are in
	to     []int32 // edges from the node to nodes that are in
	via    []int32 // edge by which the node was reached…
	stamp  []int32 // …in the search from the node before that number
	looked int
	levels [2][]int32 // room for the nodes of a level and of the next
}

func newSearch[R any](g *Graph[R]) *search[R] {
	s := &search[R]{
		g: g, comp: g.components(), in: make([]bool, g.n),
		from: make([]int32, g.n), to: make([]int32, g.n), via: make([]int32, g.n), stamp: make([]int32, g.n),
	}
	for _, e := range g.edges {
		if s.comp[e.From] == s.comp[e.To] {
			s.to[e.From]++
			s.from[e.To]++
			s.in[e.From], s.in[e.To] = true, true
		}
	}
	return s
}

// findShortest returns a shortest cycle. It starts no search from another node once it has examined more edges than
// patience.
func (s *search[R]) findShortest(patience int) (best []Edge[R]) {
	for i := range s.g.n {
		if !s.in[i] {
			continue
		}
		if c := s.findLoop(i, len(best)); c != nil {
			best = c
		}
		if len(best) == 1 || s.looked > patience { // the first node has a cycle
			break
		}
		// All cycles through i are counted. The rest needs no search if it has none: for a ring it is empty.
		s.removeNode(i)
	}
	return best
}

// removeNode removes i, and every node that is on no cycle without i because it has no way in or out.
func (s *search[R]) removeNode(i int) {
	s.in[i] = false
	for gone := []int{i}; len(gone) > 0; {
		v := gone[len(gone)-1]
		gone = gone[:len(gone)-1]
		for e := range s.g.After(v) {
			if s.in[e.To] && s.comp[e.To] == s.comp[v] {
				if s.from[e.To]--; s.from[e.To] == 0 {
					s.in[e.To] = false
					gone = append(gone, e.To)
				}
			}
		}
		for e := range s.g.Before(v) {
			if s.in[e.From] && s.comp[e.From] == s.comp[v] {
				if s.to[e.From]--; s.to[e.From] == 0 {
					s.in[e.From] = false
					gone = append(gone, e.From)
				}
			}
		}
	}
}

// findLoop finds a shortest way from start back to itself, shorter than limit
// edges if limit is not 0.
func (s *search[R]) findLoop(start, limit int) []Edge[R] {
	mark := int32(start) + 1
	level, next := append(s.levels[0][:0], int32(start)), s.levels[1]
	for depth := 1; len(level) > 0 && (limit == 0 || depth < limit); depth++ {
		next = next[:0]
		for _, i := range level {
			for k := s.g.outAt[i]; k < s.g.outAt[i+1]; k++ {
				s.looked++
				to := s.g.outTo[k]
				if int(to) == start {
					return s.walkBack(start, s.g.out[k])
				}
				if s.stamp[to] != mark && s.in[to] && s.comp[to] == s.comp[start] {
					s.stamp[to], s.via[to] = mark, s.g.out[k]
					next = append(next, to)
				}
			}
		}
		level, next = next, level
	}
	s.levels = [2][]int32{level, next}
	return nil
}

func (s *search[R]) walkBack(start int, last int32) []Edge[R] {
	out := []Edge[R]{s.g.edges[last]}
	for i := out[0].From; i != start; i = out[len(out)-1].From {
		out = append(out, s.g.edges[s.via[i]])
	}
	slices.Reverse(out)
	return out
}
