package layout

// passes is how often the layers are moved, alternately downwards and upwards.
const passes = 8

// placeAcross computes the centre of each item: as near as possible to the mean of its neighbours in other layers,
// keeping the order of its layer, with a gap between two items.
func (n *net) placeAcross() {
	n.x = make([]float64, len(n.size))
	for _, row := range n.rows {
		at := 0.0
		for _, i := range row {
			n.x[i] = at + n.size[i].W/2
			at += n.size[i].W + gapX
		}
	}
	up, down := n.neighbours()
	for p := range passes {
		for k := range n.rows {
			l, joined := k, up
			if p%2 == 1 {
				l, joined = len(n.rows)-1-k, down
			}
			n.placeLayer(n.rows[l], joined)
		}
	}
	left := 0.0
	for k, i := range flatten(n.rows) {
		if edge := n.x[i] - n.size[i].W/2; k == 0 || edge < left {
			left = edge
		}
	}
	for i := range n.x {
		n.x[i] -= left
	}
}

func flatten(rows [][]int) (out []int) {
	for _, row := range rows {
		out = append(out, row...)
	}
	return out
}

// run is a group of touching items in a layer, with the mean of their preferred positions, expressed as the position of
// the first item.
type run struct {
	sum   float64
	count int
}

func (r run) mean() float64 { return r.sum / float64(r.count) }

// placeLayer moves the items of a layer so that the sum of the squared distances from their preferred positions is
// least, without changing their order. After subtracting the widths of the preceding items, this is isotonic regression:
// overlapping runs are joined (pool adjacent violators).
func (n *net) placeLayer(row []int, joined [][]int) {
	before := make([]float64, len(row)) // from the centre of the first to that of this one, if all touch
	var runs []run
	for k, i := range row {
		if k > 0 {
			before[k] = before[k-1] + n.size[row[k-1]].W/2 + gapX + n.size[i].W/2
		}
		runs = append(runs, run{n.wish(i, joined[i]) - before[k], 1})
		for len(runs) > 1 && runs[len(runs)-2].mean() > runs[len(runs)-1].mean() {
			last := runs[len(runs)-1]
			runs = runs[:len(runs)-1]
			runs[len(runs)-1].sum += last.sum
			runs[len(runs)-1].count += last.count
		}
	}
	k := 0
	for _, r := range runs {
		for range r.count {
			n.x[row[k]] = r.mean() + before[k]
			k++
		}
	}
}

// wish returns the preferred centre of an item.
func (n *net) wish(i int, joined []int) float64 {
	if len(joined) == 0 {
		return n.x[i]
	}
	sum := 0.0
	for _, j := range joined {
		sum += n.x[j]
	}
	return sum / float64(len(joined))
}
