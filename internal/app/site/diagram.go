package site

import (
	"converge/internal/diagram"
)

// Diagram draws the chosen resources (nil: all), in the order of a run.
func (s *Site) Diagram(chosen map[int]bool) *diagram.Diagram {
	d := &diagram.Diagram{}
	order, _ := s.Graph.Order() // assembly.Link refuses cycles
	at := make(map[int]int, len(order))
	for _, i := range order {
		if chosen != nil && !chosen[i] {
			continue
		}
		r := s.Resources[i]
		at[i] = len(d.Nodes)
		d.Nodes = append(d.Nodes, diagram.Node{Address: r.Addr.String(), Kind: r.Addr.Kind, Place: FormatPlace(r.Range), Group: r.Addr.Module})
	}
	for _, e := range s.Graph.Edges() {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 {
			d.Edges = append(d.Edges, diagram.Edge{From: from, To: to, Reason: e.Reason.Text, Place: FormatPlace(e.Reason.Range)})
		}
	}
	return d
}
