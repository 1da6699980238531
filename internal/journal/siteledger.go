package journal

// SiteLedger is the ledger as one site sees it: what the site made, what it declares, and what
// other sites declare.
type SiteLedger struct {
	state *State
	site  Site // without a name: every entry is of another site
}

// LedgerOf returns the ledger as a site sees it.
func (s *State) LedgerOf(site Site) SiteLedger { return SiteLedger{state: s, site: site} }

// lock locks the state for one query.
func (sl SiteLedger) lock() (l *ledger, unlock func()) {
	sl.state.mu.Lock()
	return sl.state.memory.ledger, sl.state.mu.Unlock
}

// Rename has the ledger know things by the keys that the site has for them. What
// was written down so far stays until [Run.Hold]; of two entries that turn out to
// be of one thing that under its own name counts. A path that has strayed is a
// thing that no site made, unless the site declares it there.
func (sl SiteLedger) Rename(names Names) {
	l, unlock := sl.lock()
	defer unlock()
	var own []string
	if sl.site.Name != "" {
		own = escapeItems(sl.site.allNames())
	}
	l.renameKeys(own, names)
}
