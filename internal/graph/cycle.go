package graph

// Cycle returns a shortest cycle as the edges along it, nil if there is none.
// Of several equally short ones it is the one with the smallest node.
//
// It searches breadth-first from every node of the first strongly connected
// component, so it costs nodes × edges of that component: it is for messages.
func (g *Graph[R]) Cycle() []Edge[R] {
	order, ok := g.Order()
	if ok {
		return nil
	}
	rest := make([]bool, g.n) // nodes on or behind a cycle
	for i := range rest {
		rest[i] = true
	}
	for _, i := range order {
		rest[i] = false
	}
	g.trim(rest)
	var best []Edge[R]
	for i := range g.n {
		if !rest[i] {
			continue
		}
		if c := g.loop(i, rest, len(best)); c != nil {
			best = c
			if len(best) == 1 {
				break
			}
		}
	}
	return best
}

// trim takes out of rest what lies behind a cycle but leads back to none.
func (g *Graph[R]) trim(rest []bool) {
	left := make([]int, g.n) // edges to nodes in rest
	var leaves []int
	for i := range g.n {
		if !rest[i] {
			continue
		}
		g.After(i, func(e Edge[R]) bool {
			if rest[e.To] {
				left[i]++
			}
			return true
		})
		if left[i] == 0 {
			leaves = append(leaves, i)
		}
	}
	for len(leaves) > 0 {
		i := leaves[len(leaves)-1]
		leaves = leaves[:len(leaves)-1]
		rest[i] = false
		g.Before(i, func(e Edge[R]) bool {
			if rest[e.From] {
				if left[e.From]--; left[e.From] == 0 {
					leaves = append(leaves, e.From)
				}
			}
			return true
		})
	}
}

// loop finds a shortest way from start back to itself within the nodes of in,
// shorter than limit edges if limit is not 0.
func (g *Graph[R]) loop(start int, in []bool, limit int) []Edge[R] {
	via := make(map[int]Edge[R])
	level := []int{start}
	for depth := 1; len(level) > 0 && (limit == 0 || depth < limit); depth++ {
		var next []int
		for _, i := range level {
			var closing *Edge[R]
			g.After(i, func(e Edge[R]) bool {
				if e.To == start {
					closing = &e
					return false
				}
				if _, seen := via[e.To]; !seen && in[e.To] {
					via[e.To] = e
					next = append(next, e.To)
				}
				return true
			})
			if closing != nil {
				return path(via, start, *closing)
			}
		}
		level = next
	}
	return nil
}

func path[R any](via map[int]Edge[R], start int, last Edge[R]) []Edge[R] {
	out := []Edge[R]{last}
	for i := last.From; i != start; i = via[i].From {
		out = append(out, via[i])
	}
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out
}
