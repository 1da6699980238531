package engine

import (
	"context"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
)

// site is what is known of the resources of a run. A planner adds what is
// removed, and edges that only the machine shows; after that it only answers
// questions.
type site struct {
	Resources []*resource.Resource // as declared, and after that what is removed besides
	Graph     *assembly.Graph
	Targets   map[int]bool // nil: all
	Identity  *assembly.Identity
	Machine   Machine
	Undo      *Rollback // nil: the site is a manifest's

	declared int                   // how many of the resources the manifest declares: the first ones
	order    []int                 // graph order
	at       map[resource.Addr]int // also of resources that were joined to others
}

func newSite(o Options) *site {
	s := &site{
		Resources: o.Resources, Graph: o.Graph, Targets: o.Targets, Identity: o.Identity, Machine: o.Machine, Undo: o.Undo,
		declared: len(o.Resources),
	}
	s.indexAddresses()
	return s
}

// withPlanned is the site of o with what the plan of it has added to its
// resources and edges.
func (o Options) withPlanned(planned *site) *site {
	return &site{
		Resources: slices.Clone(planned.Resources), Graph: planned.Graph, Targets: o.Targets, Identity: o.Identity, Machine: o.Machine, Undo: o.Undo,
		declared: len(o.Resources), order: planned.order, at: planned.at,
	}
}

// stageOf is that of a rollback's step. What was added to it has none.
func (r *site) stageOf(i int) int {
	if i < len(r.Undo.steps) {
		return r.Undo.steps[i].stage
	}
	return 0
}

// isQuiet reports whether a change notifies nobody: all attributes that differ
// are marked as quiet.
func (r *site) isQuiet(i int, c resource.Change) bool { return r.Resources[i].Kind.Quiet(c) }

// partWillCome reports whether a resource comes after one that is known to
// provide what it needs: the unit's file, or a package with the unit's name.
func (r *site) partWillCome(i int, packages []int) (known bool) {
	needs := r.Resources[i].Kind.Links(r.Resources[i].Want).Needs
	r.Graph.Before(i, func(e graph.Edge[assembly.Reason]) bool {
		from := r.Resources[e.From]
		known = slices.Contains(packages, e.From)
		if !known && from.Kind.Links != nil {
			for _, key := range from.Kind.Links(from.Want).Provides {
				known = known || slices.ContainsFunc(needs, func(n resource.Need) bool { return n.Key == key })
			}
		}
		return !known
	})
	return known
}

// reach returns every node that comes after i.
func (r *site) reach(i int) map[int]bool {
	seen := map[int]bool{}
	for todo := []int{i}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		r.Graph.After(n, func(e graph.Edge[assembly.Reason]) bool {
			if !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
			return true
		})
	}
	return seen
}

// comesAfter reports whether i has an edge from p already.
func (r *site) comesAfter(i, p int) (found bool) {
	r.Graph.Before(i, func(e graph.Edge[assembly.Reason]) bool {
		found = e.From == p
		return !found
	})
	return found
}

// indexAddresses finds resources by their addresses, also those that were joined
// to others.
func (r *site) indexAddresses() {
	r.at = make(map[resource.Addr]int, len(r.Resources))
	for i, res := range r.Resources {
		r.at[res.Addr] = i
		for _, a := range res.Also {
			r.at[a] = i
		}
	}
}

// findQueued finds the resource whose provider may queue jobs and whose label is the
// name in the key.
func (r *site) findQueued(key string) (int, bool) {
	_, name, _ := strings.Cut(key, ":")
	for i, res := range r.Resources {
		if r.Machine.finishes(res.Provider()) && res.Label() == name {
			return i, true
		}
	}
	return 0, false
}

// countOff counts the declared resources that are switched off.
func (r *site) countOff() (n int) {
	for _, res := range r.Resources[:r.declared] {
		n += one(res.Off)
	}
	return n
}

// endingKeys are the keys of what ends with a thing.
func (r *site) endingKeys(ctx context.Context, res *resource.Resource) []string {
	var keys []string
	if res.Kind.Links != nil {
		keys = res.Kind.Links(res.Want).Ends
	}
	if p := r.Machine.shipperOf(res.Provider()); p != nil {
		name := res.Label()
		shipped, err := p.Ships(ctx, []string{name})
		if err != nil {
			return keys
		}
		keys = slices.Concat(keys, shipped[name])
	}
	return keys
}
