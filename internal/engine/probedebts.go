package engine

import (
	"context"
	"maps"
	"slices"

	"converge/internal/notify"
	"converge/internal/resource"
)

// maxCarriers is how many changes of a run are named as those for which a probe is asked:
// there may be as many as there are resources.
const maxCarriers = 20

// probeDebts has a run owe each probe to a few of the changes that come before it: a debt for
// each change and each probe would make the journal of a large run their product. If all
// changes that carry debts of a probe come to nothing, another one takes over.
type probeDebts struct {
	carriers map[int]map[int]bool // probe → the resources whose changes carry what this run owes it
	raised   map[int]bool         // resources whose change was begun, and has not come to nothing
}

// carry notes that a change of resource i is to be followed by a probe. It reports whether
// the change is to carry a debt.
func (r *debtBook) carry(probe, i int) bool {
	if r.asks.carriers == nil {
		r.asks = probeDebts{map[int]map[int]bool{}, map[int]bool{}}
	}
	r.asks.raised[i] = true
	set := r.asks.carriers[probe]
	switch {
	case set == nil:
		r.asks.carriers[probe] = map[int]bool{i: true}
	case len(set) < maxCarriers || set[i]:
		set[i] = true
	default:
		delete(r.held, ownerOf(r.Resources[probe]))
		return false
	}
	return true
}

// cameToNothing removes the debts of a resource that was not changed after all. What probes
// are owed because of other changes stays: that is recorded before the journal drops those of
// the resource.
func (r *debtBook) cameToNothing(ctx context.Context, i int) {
	delete(r.asks.raised, i)
	var debts []notify.Debt
	for _, p := range slices.Sorted(maps.Keys(r.asks.carriers)) {
		set := r.asks.carriers[p]
		if !set[i] {
			continue
		}
		if delete(set, i); len(set) > 0 {
			continue
		}
		delete(r.asks.carriers, p)
		if heir, verb := r.findHeir(p); heir >= 0 {
			r.carry(p, heir)
			debts = append(debts, r.debtOf(r.Resources[p].Addr, verb, heir))
		}
	}
	if len(debts) > 0 {
		r.begin(ctx, nil, debts)
	}
	r.queue.Remove(r.Resources[i].Addr, r.Run)
}

// findHeir finds a resource, the last in order, whose change a probe is to follow, and the
// verb; -1: there is none.
func (r *debtBook) findHeir(probe int) (heir int, verb string) {
	for _, i := range slices.Backward(r.order) {
		if !r.asks.raised[i] {
			continue
		}
		r.requestsOf(i, func(n resource.Notify) {
			if n.When == resource.Delayed && r.Resources[probe].Is(n.Target) {
				verb = n.Verb
			}
		})
		if verb != "" {
			return i, verb
		}
	}
	return -1, ""
}
