package engine

import (
	"maps"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// An orphan may take up what a declared thing takes up in another way (see [resource.Kind.Takes]), as the former name
// of a renamed repository does. It is not removed at the end, like others: until it is gone nothing works that comes
// after the declared thing, so that the end would never come. It goes right before that thing, and only if that will
// be made.

// taker is a declared resource that takes something up, and how it does so.
type taker struct {
	i   int
	how string
}

// listTakers lists by kind and place what the declared resources take up.
func (b *removalBuilder) listTakers() map[[2]string][]taker {
	out := map[[2]string][]taker{}
	for i, res := range b.Resources {
		if b.steps[i].state != waiting || res.Kind.Takes == nil || res.WantsAbsent() {
			continue
		}
		for what, how := range res.Kind.Takes(res.Want) {
			at := [2]string{res.Kind.Name, what}
			out[at] = append(out[at], taker{i, how})
		}
	}
	return out
}

// makeRoom orders the removal of an orphan before the declared things that it excludes, and reports whether there are
// any. Whatever keeps such a thing from being made keeps the orphan.
func (b *removalBuilder) makeRoom(s *orphanStep) bool {
	if s.Kind.Takes == nil || s.change.Have.IsNull() || !s.res.WantsAbsent() {
		return false
	}
	if b.takers == nil {
		b.takers = b.listTakers()
	}
	heirs := map[int]bool{}
	for what, how := range s.Kind.Takes(s.change.Have) {
		for _, t := range b.takers[[2]string{s.Kind.Name, what}] {
			if t.how != how && !heirs[t.i] {
				heirs[t.i] = true
				s.heirs = append(s.heirs, t.i)
			}
		}
	}
	behind := map[int]bool{} // waiting for one of these would be waiting for itself
	for i := range heirs {
		maps.Copy(behind, b.Graph.Behind(i))
	}
	for i := range heirs {
		b.edges = append(b.edges, graph.Edge[assembly.Reason]{From: s.node, To: i, Reason: assembly.Reason{Text: "both cannot be there at once", Room: true}})
		for e := range b.Graph.Before(i) {
			if !e.Reason.Guess && !e.Reason.Notice && !heirs[e.From] && !behind[e.From] {
				b.addEdge(e.From, s.node, "it goes only for "+b.Resources[i].Addr.String()+", which comes after that")
			}
		}
	}
	return len(heirs) > 0
}

// withoutWait drops the edges by which a thing that makes room would wait for one that only goes at the end.
func (b *removalBuilder) withoutWait(edges []graph.Edge[assembly.Reason]) (out []graph.Edge[assembly.Reason]) {
	late := map[int]bool{}
	for _, i := range b.postponed {
		late[i] = true
	}
	for _, e := range edges {
		if o := b.orphanAt[e.To]; o == nil || len(o.heirs) == 0 || !late[e.From] {
			out = append(out, e)
		}
	}
	return out
}

// noteMakingRoom has the removals that make room say why they are made.
func noteMakingRoom(p *plan) {
	for k := range p.orphans {
		if s := &p.orphans[k]; s.node >= 0 && len(s.heirs) > 0 && p.steps[s.node].state == waiting {
			p.steps[s.node].note("no longer declared")
		}
	}
}

// keepForHeirs has orphans wait for the end that would make room for things of which it is known that they will not be
// made.
func keepForHeirs(r *planner) {
	lost := map[int]int{}
	for _, i := range r.order {
		if _, behind := r.behindLost(i, lost); behind || r.steps[i].err != nil && r.Resources[i].OnFailure != resource.FailContinue {
			lost[i] = i
		}
	}
	for k := range r.orphans {
		s := &r.orphans[k]
		if s.node < 0 {
			continue
		}
		for _, i := range s.heirs {
			if _, isLost := lost[i]; isLost || r.steps[i].err != nil {
				r.postponed = append(r.postponed, s.node)
				break
			}
		}
	}
}
