package engine

import (
	"fmt"
	"slices"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// removalBuilder collects resources that no manifest declares.
type removalBuilder struct {
	*plan
	purged  map[string]int // keys of paths that go with directories, and with which
	first   int            // index of the first of them
	rs      []*resource.Resource
	plans   []resource.Change
	edges   []graph.Edge[assembly.Reason] // between resources of the run, by their final indexes
	retired map[string]int                // key of what is taken out of service → its index
	targets int                           // index of the first that is only there to be notified
}

// add adds a resource with its planned change, under an unused address.
func (b *removalBuilder) add(res *resource.Resource, plan resource.Change) int {
	for name, n := res.Addr.Name, 2; ; n++ {
		if _, taken := b.at[res.Addr]; !taken {
			break
		}
		res.Addr.Name = fmt.Sprintf("%s#%d", name, n)
	}
	plan.Addr = res.Addr
	i := b.first + len(b.rs)
	b.at[res.Addr] = i
	b.rs, b.plans = append(b.rs, res), append(b.plans, plan)
	return i
}

func (b *removalBuilder) addOrphans() {
	for k := range b.orphans {
		if s := &b.orphans[k]; s.removable() {
			s.node = b.add(s.res, s.change)
			b.orphanAt[s.node] = s
			if dir, purged := b.purged[s.Key]; purged {
				s.along = true
				b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: dir, To: s.node, Reason: assembly.Reason{Text: "it goes with that directory"}})
				continue
			}
			b.postponed = append(b.postponed, s.node)
		}
	}
}

// join makes the run's site one with what was added.
func (b *removalBuilder) join() {
	r := b.plan
	g := graph.New[assembly.Reason](b.first + len(b.rs))
	for _, e := range r.Graph.Edges() {
		g.Add(e.From, e.To, e.Reason)
	}
	for _, e := range b.edges {
		g.Add(e.From, e.To, e.Reason)
	}
	if g.Cycle() != nil { // nothing that was added may stand in the way of what is declared
		g = graph.New[assembly.Reason](b.first + len(b.rs))
		for _, e := range r.Graph.Edges() {
			g.Add(e.From, e.To, e.Reason)
		}
	}
	r.Resources = append(slices.Clip(r.Resources), b.rs...)
	for i := range b.rs {
		r.steps = append(r.steps, step{plan: b.plans[i]})
	}
	for i := b.targets; i < len(r.steps); i++ {
		r.steps[i].state = notifyOnly
	}
	// Units that are retired because of the manifest's own removals are ordered as if
	// they were declared. What is postponed has an order of its own, behind all else.
	late := b.markPostponed()
	for i := b.first; i < b.targets; i++ {
		if !late[i] && assembly.IsGoing(r.Resources[i]) {
			assembly.OrderGoing(g, r.Resources, b.postponed)
			break
		}
	}
	r.Graph = g
	r.order, _ = r.Graph.Order()
}
