package undo

import (
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// actions are the results of a run's notifications, in that run and in all later ones.
type actions struct {
	owed    map[debtName]bool      // debts that remain
	paid    map[notify.Owner]bool  // owners whose action was run, or became unnecessary
	dropped map[notify.Owner]bool  // owners whose debts were dropped
	tried   map[resource.Addr]bool // targets whose action has failed
	cut     bool                   // a run was killed, perhaps in the middle of any action
}

// debtName identifies a debt.
type debtName struct {
	owner notify.Owner
	verb  string
	cause resource.Addr
	run   string
}

func nameDebt(d notify.Debt) debtName { return debtName{d.Owner(), d.Verb, d.Cause, d.Run} }

// readActions reads the results from the runs and from the debts.
func readActions(state *journal.State, runs []*journal.RunDetail) actions {
	a := actions{map[debtName]bool{}, map[notify.Owner]bool{}, map[notify.Owner]bool{}, map[resource.Addr]bool{}, false}
	for _, d := range state.Owed() {
		a.owed[nameDebt(d)] = true
	}
	for _, run := range runs {
		a.cut = a.cut || run.Ended.IsZero()
		for _, p := range run.Paid {
			switch {
			case p.Renamed:
			case p.Dropped != "":
				a.dropped[p.Owner()] = true
			default:
				a.paid[p.Owner()] = true
			}
		}
		for _, f := range run.Fails {
			if addr, err := resource.ParseAddr(f.Resource); err == nil && f.Tried {
				a.tried[addr] = true
			}
		}
	}
	return a
}

// isUnseen reports whether the target of a debt was not notified, and no run has tried to. steps is how often the run
// changed the cause: a debt that is still owed belongs to the last time, and an earlier one may be paid.
func (a *actions) isUnseen(d notify.Debt, steps int) bool {
	switch {
	case a.cut, a.tried[d.Target]:
		return false
	case a.paid[d.Owner()]:
		return a.owed[nameDebt(d)] && steps == 1
	}
	return a.owed[nameDebt(d)] || a.dropped[d.Owner()]
}
