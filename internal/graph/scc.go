package graph

// components numbers the strongly connected components: two nodes have the same number if each reaches the other. It
// is Tarjan's algorithm with a stack of its own, for chains that would overflow a goroutine's stack.
func (g *Graph[R]) components() []int32 {
	t := &tarjan{comp: make([]int32, g.n), low: make([]int32, g.n), next: make([]int32, g.n)}
	for root := range g.n {
		if t.low[root] != 0 {
			continue
		}
		t.enter(root)
		for len(t.path) > 0 {
			v := t.path[len(t.path)-1]
			if at := g.outAt[v] + t.next[v]; at < g.outAt[v+1] {
				t.next[v]++
				t.see(v, int(g.outTo[at]))
			} else {
				t.leave(v)
			}
		}
	}
	return t.comp
}

type tarjan struct {
	comp  []int32 // 0: not known yet
	low   []int32 // 0: not seen yet; otherwise the earliest reachable node, by order of discovery
	next  []int32 // examined edges of the node
	path  []int   // from the root to the present node
	open  []int   // seen, component not known
	index []int32 // order of discovery of the nodes on path
	seen  int32
	count int32
}

func (t *tarjan) enter(v int) {
	t.seen++
	t.low[v] = t.seen
	t.path, t.index, t.open = append(t.path, v), append(t.index, t.seen), append(t.open, v)
}

func (t *tarjan) see(v, w int) {
	if t.low[w] == 0 {
		t.enter(w)
	} else if t.comp[w] == 0 {
		t.low[v] = min(t.low[v], t.low[w])
	}
}

func (t *tarjan) leave(v int) {
	last := len(t.path) - 1
	index := t.index[last]
	t.path, t.index = t.path[:last], t.index[:last]
	if last > 0 {
		t.low[t.path[last-1]] = min(t.low[t.path[last-1]], t.low[v])
	}
	if t.low[v] != index {
		return
	}
	t.count++
	for {
		w := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.comp[w] = t.count
		if w == v {
			return
		}
	}
}
