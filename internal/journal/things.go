package journal

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"converge/internal/notify"
	"converge/internal/resource"
)

// thingsRecord holds things that leave the ledger or return to it, with their debts: enough for either direction.
type thingsRecord struct {
	Things  []LedgerChange  `json:"things"`
	Owed    []notify.Debt   `json:"owed,omitempty"`
	Targets []*targetRecord `json:"told,omitempty"` // of these debts
}

// listKeys returns the keys of the things.
func (t *thingsRecord) listKeys() []string {
	keys := make([]string, len(t.Things))
	for i, c := range t.Things {
		keys[i] = c.Key
	}
	return keys
}

// forgetThings applies a record of things that leave the ledger.
func (m *memory) forgetThings(t *thingsRecord) {
	for _, c := range t.Things {
		m.ledger.applyChange("", LedgerChange{Key: c.Key, Gone: true})
	}
	for _, d := range t.Owed {
		m.queue.Resolve(d.Owner())
		delete(m.targets, d.Owner())
	}
}

// recallThings applies a record of things that return. It leaves a thing alone that the ledger has added again
// meanwhile.
func (m *memory) recallThings(t *thingsRecord) {
	for _, c := range t.Things {
		if _, known := m.ledger.findEntry(c.Key); !known {
			m.ledger.applyChange("", c)
		}
	}
	for _, d := range t.Owed {
		m.queue.Add(d, 0)
	}
	for _, target := range t.Targets {
		m.targets[target.ownerOf()] = target
	}
}

// ForgetThings removes things from the ledger that stay on the host, and the notifications that are owed to them. It
// returns the keys of those that had an entry or debts.
func ForgetThings(_ context.Context, r *Run, keys []string) ([]string, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	r.s.mu.Lock()
	m := &r.s.memory
	t := &thingsRecord{}
	owed := map[string]bool{}
	for _, d := range m.listDebts() {
		if d.Thing == "" || !slices.Contains(keys, d.Thing) {
			continue
		}
		t.Owed, owed[d.Thing] = append(t.Owed, d), true
		if target := m.targets[d.Owner()]; target != nil && !slices.Contains(t.Targets, target) {
			t.Targets = append(t.Targets, target)
		}
	}
	for _, key := range keys {
		if c := m.ledger.asChange(key); !c.Gone || owed[key] {
			t.Things = append(t.Things, *c)
		}
	}
	r.s.mu.Unlock()
	if len(t.Things) == 0 {
		return nil, nil
	}
	return t.listKeys(), r.writeRecords([]record{{Forgot: t}}, true)
}

// Recall adds the things again that the run of this detail has forgotten.
func (d *RunDetail) Recall(_ context.Context, r *Run) error {
	var records []record
	for _, t := range d.forgot {
		records = append(records, record{Recalled: t})
	}
	return r.writeRecords(records, true)
}

// ListForgotten returns the entries that the run has forgotten, with the sites that held them.
func (d *RunDetail) ListForgotten() (out []LedgerEntry) {
	for _, t := range d.forgot {
		for _, c := range t.Things {
			holds := decodeHolds(c.Holds, func(string, resource.Addr) json.RawMessage { return nil })
			addr, _ := resource.ParseAddr(c.Addr) // none: its key is known
			out = append(out, LedgerEntry{Key: c.Key, Addr: addr, Holds: holds})
		}
	}
	return out
}

// ListThings returns, by key, the wanted ledger entries of a site, or, without a name, of all sites. It includes things
// that are only declared, and were not made.
func (sl SiteLedger) ListThings(wanted func(LedgerEntry) bool) []LedgerEntry {
	l, unlock := sl.lock()
	defer unlock()
	own := escapeItems(sl.site.allNames())
	var out []LedgerEntry
	for key, v := range l.each() {
		if isNote(key) || sl.site.Name != "" && v.holds != "" && !isHeldBy(v.holds, own) {
			continue
		}
		if e, ok := l.decodeEntry(key, v); ok && wanted(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b LedgerEntry) int { return strings.Compare(a.Key, b.Key) })
	return out
}
