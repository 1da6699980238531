// Package notify holds what is owed: the actions that changes have asked for
// and that have not been delivered yet. It is pure data: it merges, ranks and
// lists debts, and knows nothing of when they are paid or where they are kept.
//
// Start with [Queue]. The engine raises debts, the journal makes them durable.
package notify

import "converge/resources"

// Debt is one action that one change owes one target.
type Debt struct {
	Target resources.Addr    `json:"target"`
	Verb   string            `json:"verb"`
	Cause  resources.Addr    `json:"cause"`
	Run    string            `json:"run"`   // the run that made the change
	Since  resources.Instant `json:"since"` // when the change took effect
}

// Entry is all that is owed to one target, merged.
type Entry struct {
	Target resources.Addr
	Verb   string // the strongest of the debts' verbs
	Debts  []Debt // in the order raised, never empty
}
