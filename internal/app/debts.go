package app

import (
	"slices"

	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// ownership tells by the journal's ledger what belongs to a site and what is owed
// to whom.
type ownership struct {
	state    *journal.State
	site     *site.Site
	id       journal.Site
	notified []*resource.Resource // targets of what is declared no more
}

// claimDebt returns the relation of this site to a debt. A manifest from standard
// input has no name, so its debts belong to no site.
func (o *ownership) claimDebt(d notify.Debt) engine.Claim {
	switch {
	case d.Site == journal.NoSite:
		return engine.Shared
	case d.Site == "", d.Site == o.id.Name, slices.Contains(o.id.Former, d.Site):
		return engine.Owned
	}
	return engine.Others
}

// findRecorded returns the journal's record of a debt's target.
func (o *ownership) findRecorded(d notify.Debt) *resource.Resource {
	addr, raw, ok := o.state.NotifiedTarget(d)
	if !ok {
		return nil
	}
	k := o.site.Kind(addr.Kind)
	if k == nil {
		return nil
	}
	want, secret, err := o.state.Value(raw, k)
	if err != nil || want.IsNull() {
		return nil
	}
	return &resource.Resource{Addr: addr, Kind: k, Want: want, Secret: secret}
}
