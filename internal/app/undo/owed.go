package undo

import (
	"slices"

	"converge/internal/notify"
	"converge/internal/resource"
)

// SelectDebts selects the earlier debts to the targets that the reversal notifies:
// what it delivers is settled. key resolves a name on this machine.
func (u *Reversal) SelectDebts(owed []notify.Debt, key func(string) string) []notify.Debt {
	notified := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			notified[n.Target] = true
		}
	}
	owners := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if notified[r.Addr] {
			owners[notify.Debt{Target: r.Addr, Thing: r.Key}.Owner()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(owed), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = key(d.Thing)
		}
		return !owners[d.Owner()]
	})
}
