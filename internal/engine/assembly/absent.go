package assembly

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/graph"
	"converge/internal/resource"
)

// findGoing determines which resources the manifest takes away: those that are to be absent, and services that are to
// be stopped and disabled.
func (l *linker) findGoing() {
	l.going = make([]bool, len(l.rs))
	for i, r := range l.rs {
		l.going[i] = l.links.at(i).Retires || r.WantsAbsent()
	}
}

// IsGoing reports whether a resource takes its thing away.
func IsGoing(r *resource.Resource) bool {
	return r.WantsAbsent() || r.Links().Retires
}

// LinkRemovals draws the edges between resources that are all removed or put back, as far as their kinds know them. A
// thing that is put back inside a removed one comes first.
func LinkRemovals(rs []*resource.Resource) *Graph {
	l := linker{rs: rs, links: linksOf(rs), g: graph.New[Reason](len(rs))}
	l.provides = l.provided()
	l.going = slices.Repeat([]bool{true}, len(rs))
	for i, res := range rs {
		l.implied(i, res)
	}
	l.addReversed()
	l.orderGoing()
	return l.g
}

// OrderGoing orders, in the graph of a site, the removals among its resources that no edge orders yet, except those
// with an order of their own.
func OrderGoing(g *Graph, rs []*resource.Resource, except []int) {
	l := linker{rs: rs, links: linksOf(rs), g: g}
	l.findGoing()
	for _, i := range except {
		l.going[i] = false
	}
	l.orderGoing()
}

// depend adds an edge: resource to comes after resource from. If both are removed, the edge is reversed: a service
// stops before its unit file is removed, and the file is removed before the user that ran the service. addReversed
// draws those edges last. Restored accounts keep the normal direction: a user is put back into a group that has its
// former members by then.
func (l *linker) depend(from, to int, r Reason) {
	if l.going[to] && l.going[from] && !(l.restoresAttrs(to) && l.restoresAttrs(from)) {
		l.reversed = append(l.reversed, graph.Edge[Reason]{From: from, To: to, Reason: r})
		return
	}
	l.g.Add(from, to, r)
}

// restoresAttrs reports whether a removal only restores attributes of an account that stays.
func (l *linker) restoresAttrs(i int) bool {
	return l.rs[i].Kind.RestoresAttrs && !l.rs[i].WantsAbsent()
}

// maxReversed is the largest number of edges that are tried one by one.
const maxReversed = 1000

// addReversed reverses the edges between resources that are taken away. It keeps the direction of an edge whose
// reversal would close a cycle through a resource that stays.
func (l *linker) addReversed() {
	turned := func(e graph.Edge[Reason]) graph.Edge[Reason] {
		e.From, e.To = e.To, e.From
		e.Reason.Way = ""
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
		if len(l.reversed) <= maxReversed && !l.g.Behind(e.From)[e.To] {
			e = turned(e)
		}
		add(l.g, e)
	}
}

// need adds the edge by which resource to comes after one that provides what it needs. Needs that are about removal
// itself keep their direction.
func (l *linker) need(from, to int, n resource.Need, at hcl.Range) {
	if n.Removal {
		l.g.Add(from, to, Reason{Text: n.Reason, Range: at})
		return
	}
	l.depend(from, to, Reason{Text: n.Reason, Range: at, Way: wayOf(n.Key)})
}

// declaresFolder reports whether another resource than i makes the folder of a key of [wayOf] as its own thing: then what
// needs the folder comes after that one.
func (l *linker) declaresFolder(i int, key string) bool {
	way := wayOf(key)
	return way != "" && slices.ContainsFunc(l.provides[PathKey+way], func(j int) bool {
		return j != i && l.rs[j].IsEnforced() && !l.going[j]
	})
}

// wayOf returns the folder of the key of one that a directory makes on the way to itself; "": it is another key.
func wayOf(key string) string {
	path, isPath := strings.CutPrefix(key, PathKey)
	if dir, isWay := strings.CutSuffix(path, "/"); isPath && isWay {
		return dir
	}
	return ""
}

// orderGoing orders removals that no edge orders yet. It stops services before it removes anything that they may still
// use, and removes users after the files and services that may belong to them, because a resource with ensure = absent
// declares neither. It omits an edge that would close a cycle.
func (l *linker) orderGoing() {
	var services, things, users []int
	for i := range l.rs {
		switch {
		case !l.going[i]:
		case l.links.at(i).Retires:
			services = append(services, i)
		case l.links.at(i).RemovesOwner:
			users = append(users, i)
		default:
			things = append(things, i)
		}
	}
	if len(services) > 0 && len(things) > 0 {
		l.sort(services)
		l.orderThrough(services[len(services)-1], services, things, "a service is stopped before what it may use is removed")
	}
	before := services
	for _, i := range things {
		if len(l.links.at(i).Provides) > 0 && strings.HasPrefix(l.links.at(i).Provides[0], PathKey) {
			before = append(before, i)
		}
	}
	if len(users) > 0 && len(before) > 0 {
		l.sort(users)
		l.orderThrough(users[0], before, users, "a user is removed after files and services that may be its own")
	}
}

// orderThrough orders all of first before all of then. All edges connect to gate, a member of one of the two, so that
// there are no more edges than resources.
func (l *linker) orderThrough(gate int, first, then []int, reason string) {
	edge := func(from, to int) {
		l.g.Add(from, to, Reason{Text: reason, Range: l.rs[to].Range, Guess: true})
	}
	after := l.g.Behind(gate)
	for _, i := range first {
		if i != gate && !after[i] {
			edge(i, gate)
		}
	}
	before := l.g.Ahead(gate)
	for _, i := range then {
		if i != gate && !before[i] {
			edge(gate, i)
		}
	}
}

// sort orders resources along the edges drawn so far.
func (l *linker) sort(is []int) {
	order, _ := l.g.Order()
	place := make([]int, len(l.rs))
	for k, i := range order {
		place[i] = k
	}
	slices.SortFunc(is, func(a, b int) int { return place[a] - place[b] })
}
