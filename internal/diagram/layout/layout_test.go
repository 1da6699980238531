package layout

import (
	"math/rand/v2"
	"testing"
)

func sizes(n int) []Size {
	out := make([]Size, n)
	for i := range out {
		out[i] = Size{100, 30}
	}
	return out
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		name   string
		boxes  int
		arrows []Arrow
		wide   int
		want   []Point
	}{
		{"nothing", 0, nil, 4, []Point{}},
		{"one", 1, nil, 4, []Point{{0, 0}}},
		{"one after another", 2, []Arrow{{0, 1}}, 4, []Point{{0, 0}, {0, 86}}},
		{"two before one", 3, []Arrow{{0, 2}, {1, 2}}, 4, []Point{{0, 0}, {124, 0}, {62, 86}}},
		{"what crosses is put in order", 4, []Arrow{{0, 3}, {1, 2}}, 4, []Point{{0, 0}, {124, 0}, {124, 86}, {0, 86}}},
		{"boxes without arrows stand in rows below", 5, []Arrow{{0, 1}}, 2, []Point{{0, 0}, {0, 86}, {0, 172}, {124, 172}, {0, 218}}},
		{"a source stands next to what it leads to", 4, []Arrow{{0, 1}, {1, 2}, {3, 2}}, 4, []Point{{0, 0}, {0, 86}, {62, 172}, {124, 86}}},
		{"a cycle", 2, []Arrow{{0, 1}, {1, 0}}, 4, []Point{{0, 0}, {0, 86}}},
		{"to itself", 1, []Arrow{{0, 0}}, 4, []Point{{0, 0}}},
	} {
		got := Place(sizes(c.boxes), c.arrows, c.wide)
		for i, p := range got.Boxes {
			if p != c.want[i] {
				t.Errorf("%s: box %d is at %v, want %v", c.name, i, p, c.want[i])
			}
		}
	}
}

// No layer has more boxes than allowed, and each is as full as possible.
func TestPlaceWidth(t *testing.T) {
	var arrows []Arrow
	for i := 1; i < 8; i++ {
		arrows = append(arrows, Arrow{0, i})
	}
	var layers [5]int
	for _, p := range Place(sizes(8), arrows, 3).Boxes {
		layers[int(p.Y)/86]++
	}
	if layers != [5]int{1, 3, 3, 1} {
		t.Errorf("the layers have %v boxes", layers)
	}
}

// For any arrows, no two boxes overlap, all are on the sheet, and an arrow leads downwards from box to box unless it
// closes a cycle.
func TestPlaceAnything(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		boxes := sizes(1 + r.IntN(60))
		for i := range boxes {
			boxes[i] = Size{20 + float64(r.IntN(200)), 20 + float64(r.IntN(100))}
		}
		var arrows []Arrow
		for range r.IntN(120) {
			a := Arrow{r.IntN(len(boxes)), r.IntN(len(boxes))}
			if seed%2 == 0 && a.From >= a.To {
				continue // no cycles
			}
			arrows = append(arrows, a)
		}
		s := Place(boxes, arrows, 1+r.IntN(12))
		checkBoxes(t, seed, s, boxes)
		for i, a := range arrows {
			checkWay(t, seed, s, boxes, a, s.Ways[i], seed%2 == 0)
		}
	}
}

func checkBoxes(t *testing.T, seed uint64, s *Sheet, boxes []Size) {
	t.Helper()
	const least = 1e-6
	for i, p := range s.Boxes {
		if p.X < -least || p.Y < -least || p.X+boxes[i].W > s.W+least || p.Y+boxes[i].H > s.H+least {
			t.Errorf("seed %d: box %d at %v with %v is not on the sheet of %v", seed, i, p, boxes[i], s.Size)
		}
		for j := range i {
			q := s.Boxes[j]
			if p.X < q.X+boxes[j].W-least && q.X < p.X+boxes[i].W-least && p.Y < q.Y+boxes[j].H-least && q.Y < p.Y+boxes[i].H-least {
				t.Errorf("seed %d: boxes %d and %d overlap", seed, i, j)
			}
		}
	}
}

func checkWay(t *testing.T, seed uint64, s *Sheet, boxes []Size, a Arrow, way []Point, isOrder bool) {
	t.Helper()
	if a.From == a.To {
		return
	}
	first, last := way[0], way[len(way)-1]
	if isOrder && (first.Y != s.Boxes[a.From].Y+boxes[a.From].H || last.Y != s.Boxes[a.To].Y || last.Y <= first.Y) {
		t.Errorf("seed %d: the arrow %v leads from %v to %v", seed, a, first, last)
	}
}

// A chain of a thousand, and a thousand side by side.
func BenchmarkPlace(b *testing.B) {
	var chain, wide []Arrow
	for i := range 300 {
		if i > 0 {
			chain = append(chain, Arrow{i - 1, i})
		}
		wide = append(wide, Arrow{i % 20, 20 + i%280})
	}
	for b.Loop() {
		Place(sizes(300), chain, 12)
		Place(sizes(300), wide, 12)
	}
}
