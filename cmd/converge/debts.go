package main

import (
	"slices"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/resources"
)

// claim says how this site stands to a debt. What a manifest from standard input
// owes is nobody's, as such cannot be told apart.
func (s *session) claim(d notify.Debt) engine.Claim {
	switch {
	case d.Site == journal.NoSite:
		return engine.Shared
	case d.Site == "", d.Site == s.id.Name, slices.Contains(s.id.Former, d.Site):
		return engine.Owned
	}
	return engine.Others
}

// known is what the journal says of whom a debt is owed.
func (s *session) known(d notify.Debt) *resources.Resource {
	addr, raw, ok := s.state.Told(d)
	if !ok {
		return nil
	}
	k := s.site.kind(addr.Kind)
	if k == nil {
		return nil
	}
	want, secret, err := s.state.Value(raw, k)
	if err != nil || want.IsNull() {
		return nil
	}
	return &resources.Resource{Addr: addr, Kind: k, Want: want, Secret: secret}
}
