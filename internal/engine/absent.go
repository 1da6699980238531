package engine

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/graph"
	"converge/resources"
)

// findGoing finds out which resources the manifest takes away: those that are
// to be absent, and services that are to be stopped and disabled.
func (l *linker) findGoing() {
	l.going = make([]bool, len(l.rs))
	for i, r := range l.rs {
		l.going[i] = l.links[i].Retires || absent(r.Want)
	}
}

// depend adds the edge by which resource to comes after resource from. Where
// both are taken away, it is the other way round: a service is stopped before
// its unit file goes, and that goes before the user that the service ran as.
// Those edges are drawn last, see addReversed.
func (l *linker) depend(from, to int, r Reason) {
	if l.going[to] && l.going[from] {
		l.reversed = append(l.reversed, graph.Edge[Reason]{From: from, To: to, Reason: r})
		return
	}
	l.g.Add(from, to, r)
}

// maxReversed is up to how many edges are tried one by one.
const maxReversed = 1000

// addReversed turns round the edges between resources that are taken away. One
// that would close a cycle, through a resource that stays, is left as it is.
func (l *linker) addReversed() {
	turned := func(e graph.Edge[Reason]) graph.Edge[Reason] {
		e.From, e.To = e.To, e.From
		e.Reason.Text = "what depends on it goes first (" + e.Reason.Text + ")"
		return e
	}
	add := func(g *Graph, e graph.Edge[Reason]) { g.Add(e.From, e.To, e.Reason) }
	before := len(l.g.Edges())
	for _, e := range l.reversed {
		add(l.g, turned(e))
	}
	if before == len(l.g.Edges()) || l.g.Cycle() == nil {
		return
	}
	edges := l.g.Edges()[:before]
	l.g = graph.New[Reason](len(l.rs))
	for _, e := range edges {
		add(l.g, e)
	}
	for _, e := range l.reversed {
		if len(l.reversed) <= maxReversed && !l.reach([]int{e.From})[e.To] {
			e = turned(e)
		}
		add(l.g, e)
	}
}

// need adds the edge by which resource to comes after one that provides what
// it needs. Needs that are about removal itself are as they are to be.
func (l *linker) need(from, to int, n resources.Need, at hcl.Range) {
	if strings.HasPrefix(n.Key, "gone in:") || strings.HasPrefix(n.Key, "gone:") {
		l.g.Add(from, to, Reason{Text: n.Reason, Range: at})
		return
	}
	l.depend(from, to, Reason{Text: n.Reason, Range: at})
}

// orderAccounts puts the removal of users behind that of all files and services:
// what belongs to a user, or runs as one, cannot be seen in a declaration that
// it is to be absent. Users wait for each other, so that this takes no more
// edges than there are resources. An edge that would close a cycle is left out:
// the manifest knows better.
func (l *linker) orderAccounts() {
	var last, users []int
	for i := range l.rs {
		switch {
		case !l.going[i]:
		case slices.Contains(l.links[i].Provides, "gone:user"):
			users = append(users, i)
		case l.links[i].Retires || len(l.links[i].Provides) > 0 && strings.HasPrefix(l.links[i].Provides[0], "path:"):
			last = append(last, i)
		}
	}
	if len(users) == 0 || len(last) == 0 {
		return
	}
	l.sort(users)
	after := l.reach(users)
	for _, i := range last {
		if !after[i] {
			l.g.Add(i, users[0], Reason{Text: "a user is removed after files and services that may be its own", Range: l.rs[users[0]].Range, Guess: true})
		}
	}
	for k := 1; k < len(users); k++ {
		l.g.Add(users[k-1], users[k], Reason{Text: "users are removed one after another, once files and services are gone", Range: l.rs[users[k]].Range, Guess: true})
	}
}

// sort brings resources into an order that the edges so far allow.
func (l *linker) sort(is []int) {
	order, _ := l.g.Order()
	place := make([]int, len(l.rs))
	for k, i := range order {
		place[i] = k
	}
	slices.SortFunc(is, func(a, b int) int { return place[a] - place[b] })
}

// reach returns every resource that comes after one of these.
func (l *linker) reach(from []int) map[int]bool {
	seen := map[int]bool{}
	for todo := slices.Clone(from); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		l.g.After(n, func(e graph.Edge[Reason]) bool {
			if !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
			return true
		})
	}
	return seen
}
