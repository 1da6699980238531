package assembly

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/graph"
	"converge/internal/resource"
)

// Reason explains why one resource comes before another.
type Reason struct {
	Text  string    // completes "B comes after A: …"
	Range hcl.Range // where the manifest states it

	// Notice marks the edge from a cause to the target it notifies: the target comes after it, but does not need it.
	Notice bool

	// Guess marks an edge that only orders: a failure does not propagate along it.
	Guess bool

	// Way is the folder that the other resource makes on the way to its own; "": the edge is of another kind. A failure
	// propagates along it only if the folder is missing.
	Way string

	// Room marks an edge from a removal that only makes room: it alters nothing that the other resource observes, and
	// helps it to nothing else.
	Room bool
}

// Graph is the order of a site: node i is its resource i.
type Graph = graph.Graph[Reason]

// link draws the edges between resources: references, dependencies, notifications, and the kinds' own knowledge of
// each other (a file is in a directory, a package ships a service). A cycle is an error that shows its shortest path,
// with the place and the reason of every step.
//
// The resources must be of different things: see [Assemble].
func link(rs []*resource.Resource, links linkList) (*Graph, hcl.Diagnostics) {
	l := linker{rs: rs, links: links, g: graph.New[Reason](len(rs))}
	l.provides = l.provided()
	l.findGoing()
	for i, r := range rs {
		l.stated(i, r)
		l.implied(i, r)
	}
	l.addReversed()
	l.orderGoing()
	l.addSoftEdges()
	l.findIdle()
	if len(l.diags) > 0 {
		return nil, l.diags
	}
	if cycle := l.g.Cycle(); cycle != nil {
		return nil, hcl.Diagnostics{cycleDiagnostic(rs, l.g, cycle)}
	}
	return l.g, nil
}

type linker struct {
	rs       []*resource.Resource
	g        *Graph
	at       map[resource.Addr]int // nil: not needed yet
	provides map[string][]int
	links    linkList
	going    []bool               // whether the manifest takes the thing away
	reversed []graph.Edge[Reason] // edges between such resources, in the direction of their creation
	soft     []graph.Edge[Reason] // edges of needs that give way to others
	diags    hcl.Diagnostics
}

// provided collects the keys that resources provide.
func (l *linker) provided() map[string][]int {
	m := make(map[string][]int, len(l.rs))
	for i := range l.rs {
		links := l.links.at(i)
		for _, keys := range [...][]string{links.Provides, links.Shares} {
			for _, key := range keys {
				if is := m[key]; len(is) == 0 || is[len(is)-1] != i {
					m[key] = append(is, i)
				}
			}
		}
	}
	return m
}

// stated adds the edges that the manifest states.
func (l *linker) stated(i int, r *resource.Resource) {
	for _, d := range r.DependsOn {
		if j, ok := l.find(d.On, r, d.Range); ok {
			l.depend(j, i, Reason{Text: d.Reason, Range: d.Range})
		}
	}
	for _, n := range r.Notifies {
		if j, ok := l.find(n.Target, r, n.Range); ok && j != i {
			l.g.Add(i, j, Reason{Text: fmt.Sprintf("it is notified (%s)", n.Verb), Range: n.Range, Notice: true})
		}
	}
}

// implied adds the edges that follow from the resources themselves.
func (l *linker) implied(i int, r *resource.Resource) {
	for _, need := range l.links.at(i).Needs {
		for _, j := range l.provides[need.Key] {
			switch {
			case j == i || l.areParts(i, j, need.Key) || l.declaresFolder(i, need.Key):
			case need.Soft && !l.going[i] && !l.going[j]:
				l.soft = append(l.soft, graph.Edge[Reason]{From: j, To: i, Reason: Reason{Text: need.Reason, Range: r.Range}})
			default:
				l.need(j, i, need, r.Range)
			}
		}
	}
}

// areParts reports whether two resources each provide only a part of the thing with a key: of two drop-ins neither is
// the unit that both need.
func (l *linker) areParts(i, j int, key string) bool {
	return slices.Contains(l.links.at(i).Shares, key) && slices.Contains(l.links.at(j).Shares, key)
}

// findIdle finds resources that only act when notified, and that nothing notifies.
func (l *linker) findIdle() {
	notified := map[resource.Addr]bool{}
	for _, r := range l.rs {
		for _, n := range r.Notifies {
			notified[n.Target] = true
		}
	}
	for i, r := range l.rs {
		if r.Off || r.Kind.NeedsCause == nil || notified[r.Addr] || r.Kind.Probe != nil && l.comesAfterAny(i) {
			continue
		}
		advice := r.Kind.NeedsCause(r.Want)
		if advice == "" {
			continue
		}
		at := r.Range
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Subject: &at,
			Summary: "Resource that never does anything",
			Detail:  fmt.Sprintf("%s has nothing that says when it is needed, and nothing notifies it. %s", r.Addr, advice),
		})
	}
}

// comesAfterAny reports whether a resource depends on any other.
func (l *linker) comesAfterAny(i int) bool {
	for e := range l.g.Before(i) {
		if !e.Reason.Guess {
			return true
		}
	}
	return false
}

func (l *linker) find(a resource.Addr, from *resource.Resource, at hcl.Range) (int, bool) {
	if l.at == nil {
		l.index()
	}
	j, ok := l.at[a]
	if !ok {
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Subject: &at,
			Summary: "Reference to an undeclared resource",
			Detail:  fmt.Sprintf("%s names %s, which is not declared.", from.Addr, a),
		})
	}
	return j, ok
}

// index maps addresses to resources.
func (l *linker) index() {
	l.at = make(map[resource.Addr]int, len(l.rs))
	for i, r := range l.rs {
		l.at[r.Addr] = i
		for _, a := range r.Also {
			l.at[a] = i
		}
	}
}

func cycleDiagnostic(rs []*resource.Resource, g *Graph, cycle []graph.Edge[Reason]) *hcl.Diagnostic {
	var b strings.Builder
	fmt.Fprintf(&b, "These resources wait for each other, so none can come first:\n")
	advice := "Take one of these away, with whatever else says the same."
	for _, e := range cycle {
		fmt.Fprintf(&b, "  %s comes after %s: ", rs[e.To].Addr, rs[e.From].Addr)
		for i, r := range reasonsOf(g, e) {
			if i > 0 {
				b.WriteString(", and ")
				advice = "Take one of these away, with all its reasons."
			}
			fmt.Fprintf(&b, "%s (%s:%d)", r.Text, r.Range.Filename, r.Range.Start.Line)
		}
		b.WriteString("\n")
	}
	b.WriteString(advice)
	subject := cycle[0].Reason.Range
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cycle", Detail: b.String(), Subject: &subject}
}

// reasonsOf are all reasons for which one node of a cycle follows the other, that of the edge first.
func reasonsOf(g *Graph, e graph.Edge[Reason]) []Reason {
	out := []Reason{e.Reason}
	for other := range g.After(e.From) {
		if other.To == e.To && !other.Reason.Guess && !slices.ContainsFunc(out, func(r Reason) bool { return r.Text == other.Reason.Text && r.Range == other.Reason.Range }) {
			out = append(out, other.Reason)
		}
	}
	return out
}

// Find returns the nodes that an address means: without a key, every instance of its block.
func Find(rs []*resource.Resource, a resource.Addr) (found []int) {
	for i, r := range rs {
		if a.Covers(r.Addr) || slices.ContainsFunc(r.Also, a.Covers) {
			found = append(found, i)
		}
	}
	return found
}

// FindDependents returns some nodes and all nodes that need one of them. A target does not need the causes that notify
// it.
func FindDependents(g *Graph, of []int) map[int]bool {
	out := map[int]bool{}
	for todo := slices.Clone(of); len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if out[i] {
			continue
		}
		out[i] = true
		for e := range g.After(i) {
			if !e.Reason.Notice && !e.Reason.Guess {
				todo = append(todo, e.To)
			}
		}
	}
	return out
}

// Select returns the nodes of targets and their dependencies. An address without a key means every instance of its
// block.
func Select(g *Graph, rs []*resource.Resource, targets []resource.Addr) (map[int]bool, error) {
	var named []int
	for _, t := range targets {
		found := Find(rs, t)
		if len(found) == 0 {
			return nil, fmt.Errorf("cannot select %s: it is not declared", t)
		}
		named = append(named, found...)
	}
	chosen := g.Ahead(named...)
	for _, i := range named {
		chosen[i] = true
	}
	return chosen, nil
}

// addSoftEdges draws the edges of [resource.Links.Before]: from a resource to all that need one of its keys, unless
// such an edge would close a cycle. An explicit dependency (a source of packages that depends on a package) takes
// precedence over the usual order, and over a [resource.Need.Soft] need.
func (l *linker) addSoftEdges() {
	needers := l.softNeeds()
	if len(needers)+len(l.soft) == 0 {
		return
	}
	before := waysOf(l.g)
	for _, e := range l.soft {
		if !before.ahead(e.From)[e.To] {
			l.g.Add(e.From, e.To, e.Reason)
			before[e.To] = append(before[e.To], e.From)
		}
	}
	for j := range l.rs {
		var later []softNeed
		for _, key := range l.links.at(j).Before {
			later = append(later, needers[key]...)
		}
		if len(later) == 0 {
			continue
		}
		earlier := before.ahead(j)
		for _, n := range later {
			if n.i != j && !earlier[n.i] {
				l.g.Add(j, n.i, n.reason)
				before[n.i] = append(before[n.i], j)
			}
		}
	}
}

// ways are, for each node, the nodes from which edges lead to it. They grow with a graph, which would otherwise search
// all of its edges again after each new one.
type ways [][]int

func waysOf(g *Graph) ways {
	w := make(ways, g.Len())
	for _, e := range g.Edges() {
		w[e.To] = append(w[e.To], e.From)
	}
	return w
}

// ahead returns every node that comes before i.
func (w ways) ahead(i int) map[int]bool {
	seen := map[int]bool{}
	for todo := []int{i}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range w[n] {
			if !seen[from] {
				seen[from] = true
				todo = append(todo, from)
			}
		}
	}
	return seen
}

// softNeed is a resource that needs a key of [resource.Links.Before].
type softNeed struct {
	i      int
	reason Reason
}

// softNeeds lists, by key, the resources that need a key of some resource's [resource.Links.Before]; nil: none does.
func (l *linker) softNeeds() map[string][]softNeed {
	needers := map[string][]softNeed{}
	for i := range l.rs {
		for _, key := range l.links.at(i).Before {
			needers[key] = nil
		}
	}
	if len(needers) == 0 {
		return nil
	}
	found := false
	for i, r := range l.rs {
		for _, need := range l.links.at(i).Needs {
			if _, soft := needers[need.Key]; soft {
				needers[need.Key] = append(needers[need.Key], softNeed{i, Reason{Text: need.Reason, Range: r.Range}})
				found = true
			}
		}
	}
	if !found {
		return nil
	}
	return needers
}
