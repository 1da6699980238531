package layout

import (
	"cmp"
	"slices"
	"sort"
)

// sweeps is the number of passes over the layers, alternately downwards and upwards. More rarely help.
const sweeps = 12

// orderLayers orders the items of each layer so that few lines cross: it moves each to the middle of its neighbours in
// the layer before, and keeps the best order of all sweeps.
func (n *net) orderLayers() {
	up, down := n.neighbours()
	place := make([]int, len(n.size))
	n.notePlaces(place)
	best, crossings := n.copyRows(), n.countCrossings(down, place)
	for s := 0; s < sweeps && crossings > 0; s++ {
		for k := range n.rows {
			l, to := k, up
			if s%2 == 1 {
				l, to = len(n.rows)-1-k, down
			}
			n.orderLayer(l, to, place)
		}
		if c := n.countCrossings(down, place); c < crossings {
			best, crossings = n.copyRows(), c
		}
	}
	n.rows = best
}

// neighbours returns the connected items of each item in the layers above and below.
func (n *net) neighbours() (up, down [][]int) {
	up, down = make([][]int, len(n.size)), make([][]int, len(n.size))
	for _, l := range n.lines {
		down[l.From] = append(down[l.From], l.To)
		up[l.To] = append(up[l.To], l.From)
	}
	return up, down
}

func (n *net) copyRows() [][]int {
	out := make([][]int, len(n.rows))
	for l, row := range n.rows {
		out[l] = slices.Clone(row)
	}
	return out
}

func (n *net) notePlaces(place []int) {
	for _, row := range n.rows {
		for k, i := range row {
			place[i] = k
		}
	}
}

// orderLayer orders one layer by the mean position of each item's neighbours. An item without neighbours keeps its
// place.
func (n *net) orderLayer(l int, joined [][]int, place []int) {
	mean := make(map[int]float64, len(n.rows[l]))
	for _, i := range n.rows[l] {
		mean[i] = float64(place[i])
		if len(joined[i]) > 0 {
			sum := 0
			for _, j := range joined[i] {
				sum += place[j]
			}
			mean[i] = float64(sum) / float64(len(joined[i]))
		}
	}
	slices.SortStableFunc(n.rows[l], func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	for k, i := range n.rows[l] {
		place[i] = k
	}
}

// countCrossings counts the pairs of lines that cross.
func (n *net) countCrossings(down [][]int, place []int) (sum int) {
	for l := 0; l+1 < len(n.rows); l++ {
		var ends []int // of the lines between two layers, by where they begin
		for _, i := range n.rows[l] {
			from := len(ends)
			for _, j := range down[i] {
				ends = append(ends, place[j])
			}
			sort.Ints(ends[from:])
		}
		sum += countInversions(ends, len(n.rows[l+1]))
	}
	return sum
}

// countInversions counts the pairs of numbers below limit that are in the wrong order, with a binary indexed tree of the
// preceding numbers.
func countInversions(numbers []int, limit int) (sum int) {
	tree := make([]int, limit+1)
	for seen, x := range numbers {
		notLarger := 0
		for k := x + 1; k > 0; k -= k & -k {
			notLarger += tree[k]
		}
		sum += seen - notLarger
		for k := x + 1; k <= limit; k += k & -k {
			tree[k]++
		}
	}
	return sum
}
