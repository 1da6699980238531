package main

import (
	"converge/internal/diagram"
	"converge/internal/resource"
)

// diagram draws the chosen resources (nil: all), in the order of a run.
func (s *site) diagram(chosen map[int]bool) *diagram.Diagram {
	d := &diagram.Diagram{}
	order, _ := s.graph.Order() // engine.Link refuses cycles
	at := make(map[int]int, len(order))
	for _, i := range order {
		if chosen != nil && !chosen[i] {
			continue
		}
		r := s.Resources[i]
		at[i] = len(d.Nodes)
		d.Nodes = append(d.Nodes, diagram.Node{Address: r.Addr.String(), Kind: r.Addr.Kind, Place: place(r), Group: r.Addr.Module})
	}
	for _, e := range s.graph.Edges() {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 {
			d.Edges = append(d.Edges, diagram.Edge{From: from, To: to, Reason: e.Reason.Text, Place: rangePlace(e.Reason.Range)})
		}
	}
	return d
}

func place(r *resource.Resource) string { return rangePlace(r.Range) }
