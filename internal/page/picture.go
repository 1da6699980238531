package page

import (
	"bytes"
	"html/template"

	"converge/internal/diagram"
	"converge/internal/event"
	"converge/internal/resource"
	"converge/internal/view"
)

// drawRun draws the changes of a run, which of them are inside changed directories, and the notified resources. Each box
// links to its change on the page. It draws no other dependencies, because no record keeps them.
func drawRun(r view.RunDetail) (template.HTML, error) {
	d := &diagram.Diagram{}
	at := map[string]int{}
	node := func(name, change, link string) int {
		if i, ok := at[name]; ok {
			return i
		}
		at[name] = len(d.Nodes)
		n := diagram.Node{Address: name, Change: change, Link: link}
		if a, err := resource.ParseAddr(name); err == nil {
			n.Kind, n.Group = a.Kind, a.Module
		}
		d.Nodes = append(d.Nodes, n)
		return at[name]
	}
	for i, e := range r.Changes {
		change := e.Action
		if e.Type == event.Failed {
			change = "failed"
		}
		node(e.Resource, change, "#"+idOf(i))
	}
	for _, e := range r.Others {
		if e.Type == event.Failed {
			node(e.Resource, "failed", "#others")
		}
	}
	for _, in := range r.Inside {
		first, then, why := in.Directory, in.Resource, "it lies in that directory"
		if in.First {
			first, then, why = then, first, "that lies in it"
		}
		from, fromDrawn := at[first]
		if to, ok := at[then]; ok && fromDrawn && from != to {
			d.Edges = append(d.Edges, diagram.Edge{From: from, To: to, Reason: why})
		}
	}
	for _, e := range r.Notified {
		change := "notified"
		if e.Type == event.Held {
			change = "held"
		}
		for _, c := range e.Causes {
			d.Edges = append(d.Edges, diagram.Edge{From: node(c, "", ""), To: node(e.Resource, change, "#notified"), Reason: e.Verb})
		}
	}
	if len(d.Nodes) == 0 {
		return "", nil
	}
	var b bytes.Buffer
	if err := d.SVG(&b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // package diagram escapes what it writes
}
