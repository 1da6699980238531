package engine

import (
	"context"
	"slices"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// site is the known facts about the resources of a run. A planner adds removed things, and edges that only the machine
// shows; after that it only answers questions.
type site struct {
	Resources []*resource.Resource // as declared, followed by the removed ones
	Graph     *assembly.Graph
	Targets   map[int]bool // nil: all
	Identity  *assembly.Identity
	Machine   Machine
	Undo      *Rollback // nil: the site comes from a manifest

	declared int        // how many resources the manifest declares: the first ones
	order    []int      // graph order
	at       *addresses // includes removed resources
}

func newSite(o Options) *site {
	return &site{
		Resources: o.Resources, Graph: o.Graph, Targets: o.Targets, Identity: o.Identity, Machine: o.Machine, Undo: o.Undo,
		declared: len(o.Resources), at: &addresses{declared: o.Resources},
	}
}

// stageOf is the stage of a rollback's step. Added resources have none.
func (r *site) stageOf(i int) int {
	if r.Undo != nil && i < len(r.Undo.steps) {
		return r.Undo.steps[i].stage
	}
	return 0
}

// isQuiet reports whether a change notifies no target: all attributes that differ are marked as quiet.
func (r *site) isQuiet(i int, c resource.Change) bool { return r.Resources[i].Kind.Quiet(c) }

// partWillCome reports whether a resource comes after one that is known to provide what it needs: the unit's file, or
// a package with the unit's name.
func (r *site) partWillCome(i int, packages []int) bool {
	for e := range r.Graph.Before(i) {
		if slices.Contains(packages, e.From) {
			return true
		}
		provided := r.Resources[e.From].Links().Provides
		for _, n := range r.Resources[i].Links().Needs {
			if slices.Contains(provided, n.Key) {
				return true
			}
		}
	}
	return false
}

// comesAfter reports whether i has an edge from p already.
func (r *site) comesAfter(i, p int) bool {
	for e := range r.Graph.Before(i) {
		if e.From == p {
			return true
		}
	}
	return false
}

// countOff counts the declared resources that are switched off.
func (r *site) countOff() (n int) {
	for _, res := range r.Resources[:r.declared] {
		n += one(res.Off)
	}
	return n
}

// endingKeys are the keys of the things that end with a resource's thing.
func (r *site) endingKeys(ctx context.Context, res *resource.Resource) []string {
	keys := res.Links().Ends
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
