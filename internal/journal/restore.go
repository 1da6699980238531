package journal

import (
	"context"
	"slices"

	"converge/internal/resource"
)

// Restore gives the ledger back, once the run has changed the things of these
// steps, its entry from before the steps; nil, for a thing that is no step of an
// earlier run, leaves the entry as it is.
func (r *Run) Restore(key string, steps []Step) {
	if key == "" {
		return
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.ledger[key] = r.s.memory.ledger.asChange(key)
	for _, s := range steps { // the first says what there was
		switch {
		case s.Ledger == nil || s.Ledger.Key != key:
			continue
		case s.Was == nil:
			r.ledger[key] = &LedgerChange{Key: key, Gone: true}
		default:
			r.ledger[key] = s.Was
		}
		return
	}
}

// Renamed is the step with the keys that now gives for those of the ledger.
func (s Step) Renamed(now func(key string) string) Step {
	rename := func(c *LedgerChange) *LedgerChange {
		if c == nil {
			return nil
		}
		out := *c
		out.Key = now(c.Key)
		return &out
	}
	s.Ledger, s.Was = rename(s.Ledger), rename(s.Was)
	return s
}

// ledgerChange is what a change that was made does to the ledger, and what
// that replaces.
func (r *Run) ledgerChange(c resource.Change) (now, was *LedgerChange, err error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	l := r.s.memory.ledger
	if to, ok := r.ledger[c.Key]; ok && c.Action != resource.None && !c.Undeclared {
		if was = l.asChange(c.Key); was.isSame(to) {
			return nil, nil, nil
		}
		now = to
	} else if now, err = l.changeOf(r.asDeclared(c), r.SiteID, r.linksOf(c.Addr), r.s.seal); now == nil || err != nil {
		return nil, nil, err
	} else {
		was = l.asChange(c.Key)
	}
	if was.Gone {
		was = nil
	}
	return now, was, nil
}

// asChange returns the change that leads to the ledger's entry of a key.
func (l *ledger) asChange(key string) *LedgerChange {
	v, known := l.findEntry(key)
	if !known {
		return &LedgerChange{Key: key, Gone: true}
	}
	return &LedgerChange{Key: key, Digest: v.digest, Found: v.found, Addr: v.addr, Holds: v.holds}
}

func (c *LedgerChange) isSame(o *LedgerChange) bool { return *c == *o }

func (r *Run) linksOf(addr resource.Addr) Links {
	if r.Links == nil {
		return Links{}
	}
	return r.Links(addr)
}

// Release removes things from the ledger that do not exist any more, or that
// another owner has taken over. It ignores keys that the ledger does not hold.
func (r *Run) Release(_ context.Context, keys []string) error {
	r.s.mu.Lock()
	gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, known := r.s.memory.ledger.findEntry(key)
		return !known
	})
	r.s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	return r.writeRecords([]record{{Gone: gone}}, false)
}
