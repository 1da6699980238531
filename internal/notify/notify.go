// Package notify holds debts: actions that changes have requested and that have
// not been delivered yet. It is pure data: it merges, ranks and lists debts, and
// does not know when they are delivered or where they are stored.
//
// Start with [Queue]. The engine raises debts, the journal makes them durable.
package notify

import (
	"converge/internal/resource"
)

// Debt is one action that one change owes one thing. A debt is the thing's and
// not an address's: renamed or moved, the thing is owed it still.
type Debt struct {
	Target resource.Addr    `json:"target"`
	Thing  string           `json:"thing,omitempty"` // key of the target ([resource.Links]); empty: it is known by its address alone
	Verb   string           `json:"verb"`
	Cause  resource.Addr    `json:"cause"`
	Run    string           `json:"run"`            // the run that made the change
	Site   string           `json:"site,omitempty"` // whose run that was; empty: nobody's
	Since  resource.Instant `json:"since"`          // when the change took effect
}

// Owner is the target of a debt: a thing, or an address without a thing.
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

// Entry is all that is owed to one owner, merged.
type Entry struct {
	Owner
	Target resource.Addr // of the newest debt
	Verb   string        // the strongest of the debts' verbs
	Debts  []Debt        // in the order raised, never empty
}

// Settled tells how the debts to one target have ended: they were delivered,
// unless Void or Dropped is set.
type Settled struct {
	Owners  []Owner       // who was owed it: one, by all names that it had
	Target  resource.Addr // to which it was delivered
	Verb    string
	Void    bool   // events had overtaken it
	Dropped string // why nothing can deliver it any more
	Renamed bool   // it is still owed, by the names that its debts have now
}
