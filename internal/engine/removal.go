package engine

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// removalBuilder collects resources that no manifest declares.
type removalBuilder struct {
	*plan
	purged  map[string]int // key of a path that a directory's purge removes → that directory's resource
	first   int            // index of the first of them
	rs      []*resource.Resource
	plans   []resource.Change
	edges   []graph.Edge[assembly.Reason] // between resources of the run, by their final indexes
	retired map[string]int                // key of a thing that is taken out of service → its index
	targets int                           // index of the first resource that is only notified
	takers  map[[2]string][]taker         // see listTakers; nil: not needed yet
}

// add adds a resource with its planned change, under an unused address.
func (b *removalBuilder) add(res *resource.Resource, plan resource.Change) int {
	for name, n := res.Addr.Name, 2; ; n++ {
		if _, taken := b.at.find(res.Addr); !taken {
			break
		}
		res.Addr.Name = fmt.Sprintf("%s#%d", name, n)
	}
	plan.Addr = res.Addr
	i := b.first + len(b.rs)
	b.at.add(res.Addr, i)
	b.rs, b.plans = append(b.rs, res), append(b.plans, plan)
	return i
}

func (b *removalBuilder) addEdge(from, to int, reason string) {
	b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: from, To: to, Reason: assembly.Reason{Text: reason}})
}

func (b *removalBuilder) addOrphans() {
	for k := range b.orphans {
		if s := &b.orphans[k]; s.removable() {
			s.node = b.add(s.res, s.change)
			b.orphanAt[s.node] = s
			if dir, purged := b.purged[s.Key]; purged {
				s.along = true
				b.addEdge(dir, s.node, "it goes with that directory")
				continue
			}
			if !b.makeRoom(s) {
				b.postponed = append(b.postponed, s.node)
			}
		}
	}
}

// join adds the collected resources to the run's site.
func (b *removalBuilder) join() {
	r, n := b.plan, b.first+len(b.rs)
	b.edges = b.withoutWait(b.edges)
	g := graphOf(n, r.Graph.Edges(), b.edges)
	if g.Cycle() != nil { // additions must not block declared resources
		g = graphOf(n, r.Graph.Edges(), nil)
	}
	r.Resources = append(slices.Clip(r.Resources), b.rs...)
	for i, res := range b.rs {
		r.steps = append(r.steps, step{stepPlan: stepPlan{of: res, change: &b.plans[i]}})
	}
	for i := b.targets; i < len(r.steps); i++ {
		r.steps[i].state = notifyOnly
	}
	// Units that are retired because of the manifest's own removals are ordered as if they were declared. Postponed
	// resources have an order of their own, after everything else.
	late := b.markPostponed()
	for i := b.first; i < b.targets; i++ {
		if !late[i] && assembly.IsGoing(r.Resources[i]) {
			assembly.OrderGoing(g, r.Resources, b.postponed)
			break
		}
	}
	b.askAfter(g)
	r.Graph = g
	r.order, _ = r.Graph.Order()
}

func graphOf(n int, edges, more []graph.Edge[assembly.Reason]) *assembly.Graph {
	g := graph.New[assembly.Reason](n)
	for _, e := range slices.Concat(edges, more) {
		g.Add(e.From, e.To, e.Reason)
	}
	return g
}

// orderRemovals draws the edges between removals. Kinds provide some; the ledger provides the others, because it keeps
// dependencies.
func (b *removalBuilder) orderRemovals() {
	g := assembly.LinkRemovals(b.rs)
	known := slices.Clone(g.Edges())
	index := map[string]int{}
	for k := range b.orphans {
		if s := &b.orphans[k]; s.node >= 0 {
			index[s.Key] = s.node - b.first
		}
	}
	for k := range b.orphans {
		s := &b.orphans[k]
		for _, d := range s.Deps {
			if to, ok := index[d]; ok && s.node >= 0 && to != s.node-b.first {
				g.Add(s.node-b.first, to, assembly.Reason{Text: "it depended on that"})
			}
		}
	}
	edges := g.Edges()
	if g.Cycle() != nil { // the ledger's entries come from several manifests
		edges = known
	}
	for _, e := range edges {
		b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: e.From + b.first, To: e.To + b.first, Reason: e.Reason})
	}
}

// emptyFirst orders a directory that is declared absent after the removal of the orphans in it.
func (b *removalBuilder) emptyFirst() {
	goes := map[string]int{}
	for i := range b.first {
		if s := &b.steps[i]; s.state == waiting && s.action() == resource.Delete {
			goes[b.Resources[i].Key] = i
		}
	}
	for k := range b.orphans {
		s := &b.orphans[k]
		p, ok := strings.CutPrefix(s.Key, assembly.PathKey)
		if _, purged := b.purged[s.Key]; !ok || purged || s.node < 0 {
			continue
		}
		assembly.EachFolder(p, func(dir string) {
			if i, ok := goes[assembly.PathKey+dir]; ok {
				b.addEdge(s.node, i, "it is removed after what lies in it")
			}
		})
	}
}

// addTargets adds the notifications of orphans. It uses a declared target under its present address, adds an
// undeclared thing, and omits an undeclared command. A unit that is being retired is not notified.
func (b *removalBuilder) addTargets() {
	byKey := map[string]*resource.Resource{}
	for _, rs := range [...][]*resource.Resource{b.Resources, b.rs} {
		for _, res := range rs {
			if res.Key != "" {
				byKey[res.Key] = res
			}
		}
	}
	own := len(b.rs)
	for k := range b.orphans {
		s := &b.orphans[k]
		if s.node < 0 {
			continue
		}
		for _, n := range s.Notifies {
			if i, ends := b.retired[n.Key]; ends {
				if i > 0 {
					b.addEdge(i, s.node, "it was notified by that")
				}
				continue
			}
			target := b.findTarget(n, byKey)
			if target == nil {
				if target = b.addUndeclared(s, n); target != nil {
					byKey[n.Key] = target
				}
			} else if i := b.at.of(target.Addr); i >= b.first && i < b.first+own {
				continue
			}
			if target != nil {
				s.res.Notifies = append(s.res.Notifies, resource.Notify{Target: target.Addr, Verb: n.Verb, When: n.When})
			}
		}
	}
	b.targets = b.first + own
}

// findTarget finds the resource that an orphan notifies; nil: none is known yet.
func (b *removalBuilder) findTarget(n OrphanNotify, byKey map[string]*resource.Resource) *resource.Resource {
	if target := byKey[n.Key]; target != nil {
		return target
	}
	if i, ok := b.at.find(n.Target); n.Key == "" && ok && i < b.first {
		return b.Resources[i]
	}
	return nil
}

// addUndeclared adds an undeclared thing that an orphan notifies; nil: its declaration is unknown, or it is a probe.
func (b *removalBuilder) addUndeclared(s *orphanStep, n OrphanNotify) *resource.Resource {
	switch {
	case n.Resource != nil && n.Resource.Kind.Probe != nil: // nothing asks that any more
		return nil
	case n.Key == "" || n.Resource == nil: // only a manifest says what it does
		plan := &b.plans[s.node-b.first]
		plan.Notes = append(plan.Notes, n.Target.String()+", which it notified, is not declared any more")
		return nil
	}
	b.add(n.Resource, resource.Change{Action: resource.None, Have: resource.Absent, Want: n.Resource.Want})
	return n.Resource
}
