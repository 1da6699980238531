package main

import (
	"slices"

	"converge/internal/journal"
	"converge/internal/notify"
	"converge/resources"
)

// owed is what earlier runs left unpaid and this run is about: what is owed by
// this site's changes, and, of what others owe, what is owed to things that this
// site declares too. What a manifest from standard input owes is nobody's, as it
// cannot be told from others: it counts where it is declared.
func (s *session) owed() []notify.Debt {
	all := s.state.Owed()
	if len(all) == 0 {
		return nil
	}
	var declared map[resources.Addr]bool // made when it is first asked for
	return slices.DeleteFunc(slices.Clone(all), func(d notify.Debt) bool {
		own := d.Site == "" || d.Site == s.id.Name || slices.Contains(s.id.Former, d.Site)
		if own && d.Site != journal.NoSite {
			return false
		}
		if d.Thing != "" {
			return !s.site.identity.Declares(d.Thing)
		}
		if declared == nil {
			declared = s.site.addresses()
		}
		return !own || !declared[d.Target]
	})
}

// addresses are all that the site declares.
func (s *site) addresses() map[resources.Addr]bool {
	out := make(map[resources.Addr]bool, len(s.Resources))
	for _, r := range s.Resources {
		out[r.Addr] = true
		for _, a := range r.Also {
			out[a] = true
		}
	}
	return out
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
