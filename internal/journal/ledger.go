package journal

import (
	"maps"
	"slices"
	"strings"

	"converge/resources"
)

// LedgerEntry is one thing that converge made.
type LedgerEntry struct {
	Key    string         // "path:/etc/motd"
	Addr   resources.Addr // the resource that declared it last
	Digest string         // SHA-256 in hex of the content written last; "": it has none
}

// ID is the key without its prefix: the path, the name.
func (e LedgerEntry) ID() string {
	_, id, _ := strings.Cut(e.Key, ":")
	return id
}

// ledgerChange is what a change does to the ledger.
type ledgerChange struct {
	Key    string `json:"key"`
	Digest string `json:"digest,omitempty"`
	Gone   bool   `json:"gone,omitempty"`
}

// ledger is what converge made, by key. Its file is read and checked at once,
// and taken apart when it is first asked for.
type ledger struct {
	body    string // lines that are not taken apart yet
	count   int
	entries map[string]ledgerValue
	dirty   bool
}

type ledgerValue struct{ digest, addr string }

func (l *ledger) get(key string) (ledgerValue, bool) {
	v, ok := l.all()[key]
	return v, ok
}

func (l *ledger) set(addr string, c ledgerChange) {
	if l.dirty = true; c.Gone {
		delete(l.all(), c.Key)
	} else {
		l.all()[c.Key] = ledgerValue{c.Digest, addr}
	}
}

// change says what a change that was made does to the ledger: nil if nothing.
// Only what converge made is kept there, not what it found and adjusted.
func (l *ledger) change(c resources.Change) (*ledgerChange, error) {
	if c.Key == "" {
		return nil, nil
	}
	_, known := l.get(c.Key)
	switch {
	case c.Action == resources.Delete && known:
		return &ledgerChange{Key: c.Key, Gone: true}, nil
	case c.Action == resources.Create, c.Action == resources.Update && known:
		digest, err := contentDigest(c)
		return &ledgerChange{Key: c.Key, Digest: digest}, err
	}
	return nil, nil
}

func (l *ledger) orphans(declared func(key string) bool) []LedgerEntry {
	var out []LedgerEntry
	for key, v := range l.all() {
		if declared(key) {
			continue
		}
		addr, err := resources.ParseAddr(v.addr)
		if err != nil {
			continue // it is whole, so another version wrote it in words of its own
		}
		out = append(out, LedgerEntry{key, addr, v.digest})
	}
	slices.SortFunc(out, func(a, b LedgerEntry) int { return strings.Compare(a.Key, b.Key) })
	return out
}

func (l *ledger) sortedKeys() []string { return slices.Sorted(maps.Keys(l.all())) }
