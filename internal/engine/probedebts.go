package engine

import (
	"context"
	"maps"
	"slices"

	"converge/internal/notify"
	"converge/internal/resource"
)

// maxCarriers is how many changes of a run are named as causes of a probe: there may be as many as there are
// resources.
const maxCarriers = 20

// probeDebts owes each probe to only a few of the changes before it: a debt for each change and each probe would make
// the journal of a large run their product. If all changes that carry debts of a probe are not made after all, another
// change takes over.
type probeDebts struct {
	carriers map[int]map[int]bool // probe → the resources whose changes carry its debts of this run
	raised   map[int]bool         // resources whose change was begun, and was not given up
}

// carry notes that a probe follows a change of resource i. It reports whether the change carries a debt.
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

// cameToNothing removes the debts of a resource that was not changed after all. It keeps the debts of probes that
// other changes cause, too: those are recorded before the journal drops the resource's own.
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

// findHeir returns the last resource whose change the probe follows, and the verb; -1: there is none.
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
