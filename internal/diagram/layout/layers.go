package layout

// assignLayers assigns each box to the first layer with room below all its predecessors. A box without predecessors then
// moves down to its successors.
func (n *net) assignLayers(wide int) {
	out, missing := make([][]int, n.boxes), make([]int, n.boxes)
	for _, l := range n.lines {
		if l.From != l.To {
			out[l.From] = append(out[l.From], l.To)
			missing[l.To]++
		}
	}
	var queue []int
	for i, m := range missing {
		if m == 0 {
			queue = append(queue, i)
		}
	}
	inner := make([]bool, n.boxes) // something leads to it
	var used []int                 // boxes in each layer
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		n.layer[at] = roomFrom(n.layer[at], wide, &used)
		for _, to := range out[at] {
			inner[to] = true
			n.layer[to] = max(n.layer[to], n.layer[at]+1)
			if missing[to]--; missing[to] == 0 {
				queue = append(queue, to)
			}
		}
	}
	for i := n.boxes - 1; i >= 0; i-- {
		if !inner[i] && len(out[i]) > 0 {
			n.moveDown(i, out[i], wide, used)
		}
	}
	n.dropEmptyLayers()
}

// roomFrom returns the first layer with room from a given one on, and takes a place in it.
func roomFrom(layer, wide int, used *[]int) int {
	for {
		for len(*used) <= layer {
			*used = append(*used, 0)
		}
		if (*used)[layer] < wide {
			(*used)[layer]++
			return layer
		}
		layer++
	}
}

// moveDown moves a box to the layer above its first successor, if that has room.
func (n *net) moveDown(i int, to []int, wide int, used []int) {
	low := n.layer[to[0]]
	for _, t := range to {
		low = min(low, n.layer[t])
	}
	for l := low - 1; l > n.layer[i]; l-- {
		if used[l] < wide {
			used[n.layer[i]]--
			used[l]++
			n.layer[i] = l
			return
		}
	}
}

// dropEmptyLayers removes layers without boxes.
func (n *net) dropEmptyLayers() {
	var taken []bool
	for _, l := range n.layer {
		for len(taken) <= l {
			taken = append(taken, false)
		}
		taken[l] = true
	}
	at, rows := make([]int, len(taken)), 0
	for l, t := range taken {
		if at[l] = rows; t {
			rows++
		}
	}
	n.rows = make([][]int, rows)
	for i, l := range n.layer {
		n.layer[i] = at[l]
		n.rows[at[l]] = append(n.rows[at[l]], i)
	}
}

// addBends splits each line that passes through layers into lines from layer to layer, with a bend in each.
func (n *net) addBends() {
	n.chain = make([][]int, len(n.lines))
	var short []Arrow
	for a, line := range n.lines {
		at := line.From
		n.chain[a] = []int{at}
		for l := n.layer[line.From] + 1; l < n.layer[line.To]; l++ {
			bend := len(n.size)
			n.size, n.layer = append(n.size, Size{}), append(n.layer, l)
			n.rows[l] = append(n.rows[l], bend)
			n.chain[a] = append(n.chain[a], bend)
			short = append(short, Arrow{at, bend})
			at = bend
		}
		if line.From != line.To {
			n.chain[a] = append(n.chain[a], line.To)
			short = append(short, Arrow{at, line.To})
		}
	}
	n.lines = short
}
