package engine

import (
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// orderRemovals draws the edges between removals. Kinds provide some; the ledger
// provides the rest, because it keeps the dependencies of what it holds.
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
	if g.Cycle() != nil { // the ledger's entries are of several manifests
		edges = known
	}
	for _, e := range edges {
		b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: e.From + b.first, To: e.To + b.first, Reason: e.Reason})
	}
}

// emptyFirst has a directory that is declared absent go after the orphans that
// lie in it.
func (b *removalBuilder) emptyFirst() {
	goes := map[string]int{}
	for i := range b.first {
		if s := &b.steps[i]; s.state == waiting && s.plan.Action == resource.Delete {
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
				b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: s.node, To: i, Reason: assembly.Reason{Text: "it is removed after what lies in it"}})
			}
		})
	}
}

// postponeBehind postpones what is declared and comes after something that is
// removed when all the rest is right.
func (b *removalBuilder) postponeBehind() {
	late := b.markPostponed()
	for _, i := range b.site.order {
		if late[i] {
			continue
		}
		b.Graph.Before(i, func(e graph.Edge[assembly.Reason]) bool {
			late[i] = late[e.From] && !e.Reason.Guess && !e.Reason.Notice
			return !late[i]
		})
		if late[i] && b.steps[i].state == waiting {
			b.postponed = append(b.postponed, i)
		}
	}
}

// addTargets adds the notifications of orphans. A declared target is used under
// its present address, an undeclared thing is added, and an undeclared command is
// left out. A unit that is being retired is not notified.
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
					b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: i, To: s.node, Reason: assembly.Reason{Text: "it was notified by that"}})
				}
				continue
			}
			target, declared := byKey[n.Key]
			if !declared && n.Key == "" {
				if i, ok := b.at[n.Target]; ok && i < b.first {
					target, declared = b.Resources[i], true
				}
			}
			if declared && b.at[target.Addr] >= b.first && b.at[target.Addr] < b.first+own {
				continue
			}
			if !declared {
				if n.Key == "" || n.Resource == nil { // only a manifest says what it does
					plan := &b.plans[s.node-b.first]
					plan.Notes = append(plan.Notes, n.Target.String()+", which it notified, is not declared any more")
					continue
				}
				target = n.Resource
				b.add(target, resource.Change{Action: resource.None, Have: resource.Absent, Want: target.Want})
				byKey[n.Key] = target
			}
			s.res.Notifies = append(s.res.Notifies, resource.Notify{Target: target.Addr, Verb: n.Verb, When: n.When})
		}
	}
	b.targets = b.first + own
}
