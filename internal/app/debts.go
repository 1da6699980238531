package app

import (
	"slices"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
)

// claimDebt returns the relation of this site to a debt. A manifest from standard
// input has no name, so its debts belong to no site.
func (s *session) claimDebt(d notify.Debt) engine.Claim {
	switch {
	case d.Site == journal.NoSite:
		return engine.Shared
	case d.Site == "", d.Site == s.id.Name, slices.Contains(s.id.Former, d.Site):
		return engine.Owned
	}
	return engine.Others
}

// findRecorded returns the journal's record of a debt's target.
func (s *session) findRecorded(d notify.Debt) *resource.Resource {
	addr, raw, ok := s.state.NotifiedTarget(d)
	if !ok {
		return nil
	}
	k := s.site.Kind(addr.Kind)
	if k == nil {
		return nil
	}
	want, secret, err := s.state.Value(raw, k)
	if err != nil || want.IsNull() {
		return nil
	}
	return &resource.Resource{Addr: addr, Kind: k, Want: want, Secret: secret}
}
