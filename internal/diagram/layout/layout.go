// Package layout positions boxes and the arrows between them: a layered drawing, in which arrows lead downwards and few
// of them cross.
//
// Start with [Place]. The steps are those of Sugiyama, Tagawa and Toda ("Methods for Visual Understanding of
// Hierarchical System Structures", 1981): layers.go assigns each box to a layer, order.go orders each layer, and
// coordinates.go computes the horizontal position of each box. The result is deterministic. Package diagram draws it.
package layout

import "math"

// Size is the size of a box.
type Size struct{ W, H float64 }

// Point is a place; the origin is the upper left corner.
type Point struct{ X, Y float64 }

// Arrow leads from one box to another, by their indexes.
type Arrow struct{ From, To int }

// Sheet holds all positions.
type Sheet struct {
	Size
	Boxes []Point   // the upper left corner of each box
	Ways  [][]Point // the points of each arrow, from the lower edge of one box to the upper edge of the other
}

// Gaps between boxes.
const (
	gapX   = 24
	gapY   = 56
	gapRow = 16 // between rows that no arrow joins
)

// Place positions each box. Arrows may form cycles: an arrow that closes one leads upwards. No layer has more than wide
// boxes. Boxes without arrows form rows below the others.
func Place(boxes []Size, arrows []Arrow, wide int) *Sheet {
	joined := make([]bool, len(boxes))
	for _, a := range arrows {
		joined[a.From], joined[a.To] = true, true
	}
	var some []Size
	at := make([]int, len(boxes)) // of connected boxes: the index in some
	for i, size := range boxes {
		if joined[i] {
			at[i] = len(some)
			some = append(some, size)
		}
	}
	lines := make([]Arrow, len(arrows))
	for i, a := range arrows {
		lines[i] = Arrow{at[a.From], at[a.To]}
	}
	s := placeJoined(some, lines, max(wide, 1))
	placed := s.Boxes
	s.Boxes = make([]Point, len(boxes))
	for i := range boxes {
		if joined[i] {
			s.Boxes[i] = placed[at[i]]
		}
	}
	s.placeAlone(boxes, joined)
	return s
}

func placeJoined(boxes []Size, arrows []Arrow, wide int) *Sheet {
	n := newNet(boxes, arrows)
	n.assignLayers(wide)
	n.addBends()
	n.orderLayers()
	n.placeAcross()
	return n.sheet(arrows)
}

// placeAlone puts the boxes without arrows into rows.
func (s *Sheet) placeAlone(boxes []Size, joined []bool) {
	area := 0.0
	for i, b := range boxes {
		if !joined[i] {
			area += (b.W + gapX) * (b.H + gapRow)
		}
	}
	if area == 0 {
		return
	}
	room := max(s.W, 2*math.Sqrt(area)) // about twice as wide as high
	at := Point{}
	if s.H > 0 {
		at.Y = s.H + gapY
	}
	tall := 0.0
	for i, b := range boxes {
		if joined[i] {
			continue
		}
		if at.X > 0 && at.X+b.W > room {
			at, tall = Point{Y: at.Y + tall + gapRow}, 0
		}
		s.Boxes[i] = at
		tall = max(tall, b.H)
		s.W, s.H = max(s.W, at.X+b.W), at.Y+tall
		at.X += b.W + gapX
	}
}

// net holds boxes and bends with the lines between them; each line leads to the next layer.
type net struct {
	boxes  int       // the items before this one are boxes, those from it on are bends
	size   []Size    // of each item
	layer  []int     // of each item
	rows   [][]int   // the items of each layer, in order
	x      []float64 // of the centre of each item
	lines  []Arrow   // downwards: between boxes, until bends are added
	turned []bool    // of each arrow: it leads upwards
	chain  [][]int   // of each arrow: the items on its way, downwards
}

func newNet(boxes []Size, arrows []Arrow) *net {
	n := &net{boxes: len(boxes), size: append([]Size(nil), boxes...), layer: make([]int, len(boxes))}
	n.lines, n.turned = turnCycles(len(boxes), arrows)
	return n
}

// turnCycles returns the arrows, with those that close a cycle reversed.
func turnCycles(boxes int, arrows []Arrow) (lines []Arrow, turned []bool) {
	lines, turned = append([]Arrow(nil), arrows...), make([]bool, len(arrows))
	out := make([][]int, boxes)
	for i, a := range arrows {
		out[a.From] = append(out[a.From], i)
	}
	const fresh, open, done = 0, 1, 2
	state, next := make([]int, boxes), make([]int, boxes)
	for start := range boxes {
		stack := []int{start}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			if state[at] == done || next[at] == len(out[at]) {
				state[at] = done
				stack = stack[:len(stack)-1]
				continue
			}
			state[at] = open
			i := out[at][next[at]]
			next[at]++
			switch to := arrows[i].To; state[to] {
			case fresh:
				stack = append(stack, to)
			case open: // also an arrow from a box to itself
				lines[i], turned[i] = Arrow{to, at}, true
			}
		}
	}
	return lines, turned
}

// sheet returns the result.
func (n *net) sheet(arrows []Arrow) *Sheet {
	s := &Sheet{Boxes: make([]Point, n.boxes), Ways: make([][]Point, len(arrows))}
	top := make([]float64, len(n.rows)+1)
	tall := make([]float64, len(n.rows))
	for l, row := range n.rows {
		for _, i := range row {
			tall[l] = max(tall[l], n.size[i].H)
			s.W = max(s.W, n.x[i]+n.size[i].W/2)
		}
		top[l+1] = top[l] + tall[l] + gapY
	}
	if len(n.rows) > 0 {
		s.H = top[len(n.rows)] - gapY
	}
	for i := range n.boxes {
		s.Boxes[i] = Point{n.x[i] - n.size[i].W/2, top[n.layer[i]]}
	}
	for a, chain := range n.chain {
		s.Ways[a] = n.way(chain, top, tall, n.turned[a])
	}
	return s
}

// way returns the points of an arrow through a chain of items: a bend is a straight piece beside the boxes of its layer.
func (n *net) way(chain []int, top, tall []float64, turned bool) (way []Point) {
	for k, i := range chain {
		y := top[n.layer[i]]
		low := y + n.size[i].H
		if i >= n.boxes {
			low = y + tall[n.layer[i]]
		}
		if k > 0 {
			way = append(way, Point{n.x[i], y})
		}
		if k < len(chain)-1 {
			way = append(way, Point{n.x[i], low})
		}
	}
	if turned {
		for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
			way[i], way[j] = way[j], way[i]
		}
	}
	return way
}
