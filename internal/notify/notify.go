// Package notify holds debts: actions that changes have requested and that have
// not been delivered yet. It is pure data: it merges, ranks and lists debts, and
// does not know when they are delivered or where they are stored.
//
// Start with [Queue]. The engine adds debts, the journal makes them durable.
package notify

import (
	"converge/internal/resource"
)

// Debt is one action that one change owes to one target. It belongs to the thing and not to its address: a thing that
// is renamed or moved keeps it.
type Debt struct {
	Target resource.Addr    `json:"target"`
	Thing  string           `json:"thing,omitempty"` // key of the target ([resource.Links]); empty: only its address is known
	Verb   string           `json:"verb"`
	Cause  resource.Addr    `json:"cause"`
	Run    string           `json:"run"`            // the run that made the change
	Site   string           `json:"site,omitempty"` // the site of that run; empty: none
	Since  resource.Instant `json:"since"`          // when the change took effect
}

// Owner identifies the target of a debt: a thing, or an address without a thing.
type Owner struct {
	Thing  string
	Target resource.Addr // zero where Thing is set
}

// Owner returns the target of the debt.
func (d Debt) Owner() Owner {
	if d.Thing != "" {
		return Owner{Thing: d.Thing}
	}
	return Owner{Target: d.Target}
}

// String returns the key of a thing, or the address itself.
func (o Owner) String() string {
	if o.Thing != "" {
		return o.Thing
	}
	return o.Target.String()
}

// Entry is the merged debts to one owner.
type Entry struct {
	Owner
	Target resource.Addr // of the newest debt
	Verb   string        // the strongest of the debts' verbs
	Debts  []Debt        // in the order added, never empty
}

// Settled describes how the debts to one target ended: they were delivered, unless Void, Dropped or Renamed is set.
type Settled struct {
	Owners  []Owner       // of the debts: one target, under all its names
	Target  resource.Addr // of the delivery
	Verb    string
	Void    bool   // events made the delivery unnecessary
	Dropped string // why it can no longer be delivered
	Renamed bool   // it is still owed, under its present names
}
