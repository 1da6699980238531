package engine

import (
	"context"
	"fmt"
	"slices"

	"converge/internal/graph"
	"converge/resources"
)

// planRemovals adds to the site what is to be done beyond what it declares:
// the removal of orphans, taking out of service what ends with them or with
// what is declared absent, and the targets of their notifications. All of it is
// planned and made as what is declared is.
func (r *run) planRemovals(ctx context.Context) {
	r.lookAtOrphans(ctx)
	b := removalBuilder{run: r, first: len(r.Resources), retired: map[string]int{}}
	b.addOrphans()
	b.retire(ctx)
	if len(b.rs) == 0 {
		return
	}
	b.order()
	b.addTargets()
	b.join()
}

// removalBuilder collects resources that no manifest declares.
type removalBuilder struct {
	*run
	first   int // index of the first of them
	rs      []*resources.Resource
	plans   []resources.Change
	edges   []graph.Edge[Reason] // between resources of the run, by their final indexes
	retired map[string]int       // key of what is taken out of service → its index
	targets int                  // index of the first that is only there to be notified
}

// add adds a resource of which plan is to be done, under an address that
// nothing else has.
func (b *removalBuilder) add(res *resources.Resource, plan resources.Change) int {
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
			b.postponed = append(b.postponed, s.node)
		}
	}
}

// order finds out what goes before what: the kinds know it of some things, of
// the others the ledger does, which kept what depended on what.
func (b *removalBuilder) order() {
	g := graph.New[Reason](len(b.rs))
	l := linker{rs: b.rs, links: linksOf(b.rs), g: g}
	l.provides = l.provided()
	l.findGoing()
	for i, res := range b.rs {
		l.implied(i, res)
	}
	l.orderAccounts()
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
				g.Add(s.node-b.first, to, Reason{Text: "it depended on that"})
			}
		}
	}
	edges := g.Edges()
	if g.Cycle() != nil { // the ledger's entries are of several manifests
		edges = known
	}
	for _, e := range edges {
		b.edges = append(b.edges, graph.Edge[Reason]{From: e.From + b.first, To: e.To + b.first, Reason: e.Reason})
	}
}

// addTargets gives orphans their notifications. A target that is declared is
// the declared one, whatever its address was; a thing that is not is added, and a
// command that is not is left. What is taken out of service itself hears nothing.
func (b *removalBuilder) addTargets() {
	byKey := map[string]*resources.Resource{}
	for _, rs := range [...][]*resources.Resource{b.Resources, b.rs} {
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
			if _, ends := b.retired[n.Key]; ends {
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
				b.add(target, resources.Change{Action: resources.None, Have: resources.Absent, Want: target.Want})
				byKey[n.Key] = target
			}
			s.res.Notifies = append(s.res.Notifies, resources.Notify{Target: target.Addr, Verb: n.Verb, When: resources.Delayed})
		}
	}
	b.targets = b.first + own
}

// join makes the run's site one with what was added.
func (b *removalBuilder) join() {
	r := b.run
	g := graph.New[Reason](b.first + len(b.rs))
	for _, e := range r.Graph.Edges() {
		g.Add(e.From, e.To, e.Reason)
	}
	for _, e := range b.edges {
		g.Add(e.From, e.To, e.Reason)
	}
	if g.Cycle() != nil { // nothing that was added may stand in the way of what is declared
		g = graph.New[Reason](b.first + len(b.rs))
		for _, e := range r.Graph.Edges() {
			g.Add(e.From, e.To, e.Reason)
		}
	}
	r.Resources = append(slices.Clip(r.Resources), b.rs...)
	for i := range b.rs {
		r.steps = append(r.steps, step{plan: b.plans[i]})
	}
	for i := b.targets; i < len(r.steps); i++ {
		r.steps[i].state = told
	}
	r.Graph = g
	r.order, _ = g.Order()
}

// leaveRefused leaves orphans alone that cannot be removed, as far as can be
// foreseen: what is wrong with them is no failure of what is declared.
func (r *run) leaveRefused() {
	for _, i := range r.postponed {
		if err := r.steps[i].err; err != nil {
			r.leave(i, "left alone: "+r.scrub(err.Error()))
		}
	}
	for again := true; again; {
		again = false
		for _, i := range r.postponed {
			if !r.steps[i].left && r.standsBeforeLeft(i) {
				r.leave(i, "left alone, for what depends on it cannot be removed")
				again = true
			}
		}
	}
	// What ends with a thing that stays goes on.
	for _, i := range r.postponed {
		ends := 0
		r.Graph.After(i, func(e graph.Edge[Reason]) bool {
			ends += one(!r.steps[e.To].left)
			return ends == 0
		})
		if r.orphanAt[i] == nil && !r.steps[i].left && ends == 0 {
			r.leave(i, "")
		}
	}
}

// leave takes what was to be removed out of the run.
func (r *run) leave(i int, why string) {
	st := &r.steps[i]
	st.state, st.err, st.left = off, nil, true
	if s := r.orphanAt[i]; s != nil {
		s.node, s.note = -1, why
		delete(r.orphanAt, i)
	}
}

// standsBeforeLeft reports whether something that had to go before i stays.
func (r *run) standsBeforeLeft(i int) (found bool) {
	r.Graph.Before(i, func(e graph.Edge[Reason]) bool {
		found = r.steps[e.From].left && !e.Reason.Guess
		return !found
	})
	return found
}
