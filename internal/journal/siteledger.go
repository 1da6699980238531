package journal

// SiteLedger is the ledger from the view of one site: the things that the site made or declares, and those that other
// sites declare.
type SiteLedger struct {
	state *State
	site  Site // without a name: every entry is of another site
}

// LedgerOf returns the ledger from the view of a site.
func (s *State) LedgerOf(site Site) SiteLedger { return SiteLedger{state: s, site: site} }

// lock locks the state for one query.
func (sl SiteLedger) lock() (l *ledger, unlock func()) {
	sl.state.mu.Lock()
	return sl.state.memory.ledger, sl.state.mu.Unlock
}

// Rename translates the ledger's keys to the site's present keys. Existing lines stay until [Run.Hold]; if two entries
// turn out to be of one thing, the one under its own name counts. A path that has strayed is a thing that no site made,
// unless the site declares it there.
func (sl SiteLedger) Rename(names Names) {
	l, unlock := sl.lock()
	defer unlock()
	var own []string
	if sl.site.Name != "" {
		own = escapeItems(sl.site.allNames())
	}
	l.renameKeys(own, names)
}
