package journal

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"converge/internal/resource"
)

// LedgerEntry is one thing that converge created, or changed and would restore.
type LedgerEntry struct {
	Key    string        // "path:/etc/motd"
	Addr   resource.Addr // the resource that declared it last
	Digest string        // SHA-256 in hex of the content written last; "": it has none
	Former string        // the key before a link that this site declares led elsewhere; of a part of a file; "": the same
	Holds  []Hold        // the sites that declare or declared it; none: it is from before converge kept sites

	// Before is its state before converge first changed it, and After the one that converge made last, as in a [Step].
	// nil: the ledger does not keep these for its kind.
	Before, After json.RawMessage
	Found         bool // it existed before converge wrote into it

	OnlyDeclared bool // a site declares it, and prune would take nothing of it back
	Shared       bool // of an entry of other sites: this site declares or declared it, too
}

// ID is the key without its prefix: the path, the name.
func (e LedgerEntry) ID() string {
	_, id, _ := strings.Cut(e.Key, ":")
	return id
}

// IsSecret reports whether that content was sensitive.
func (e LedgerEntry) IsSecret() bool { return isSealed(e.Digest) }

// LedgerChange is the effect of a change on the ledger.
type LedgerChange struct {
	Key    string `json:"key"`
	Digest string `json:"digest,omitempty"`
	Found  bool   `json:"found,omitempty"` // converge wrote into it, and did not create it
	Gone   bool   `json:"gone,omitempty"`
	Addr   string `json:"addr,omitempty"`  // the resource that declared it, if another one changed it
	Holds  string `json:"holds,omitempty"` // see holder

	// Original is an original as text: prune restores it.
	Original string `json:"original,omitempty"`
}

// ledger is what converge created and what it wrote last, by key. Its file is read and checked at once, but only
// parsed when something changes it, or asks for many entries.
type ledger struct {
	text    ledgerText
	saved   int                    // number of lines of the file; 0: there may be no file
	entries map[string]ledgerValue // nil: they are still in text
	asked   int                    // number of entries read from text
	dirty   bool
	now     func(key string) string // see renameKeys; nil: keys do not change

	moved   map[string]string // present key → the key on disk, of paths that the site declares
	former  map[string]string // key of a part of a file → its key before a link led elsewhere
	strayed map[string]string // key of a path → key of another thing that is there now
}

type ledgerValue struct {
	digest string // of the content that converge wrote last; "": none
	addr   string
	found  bool   // it existed before converge wrote into it, so it is an orphan only if it has an original
	holds  string // the sites that declare it, see holder

	original string // states before and since converge's changes, as text; "": not kept
}

func (l *ledger) applyChange(addr string, c LedgerChange) {
	if l.dirty = true; c.Gone {
		delete(l.allEntries(), c.Key)
	} else {
		l.allEntries()[c.Key] = ledgerValue{c.Digest, cmp.Or(c.Addr, addr), c.Found, c.Holds, c.Original}
	}
}

// changeOf returns the effect of a made change on the ledger: nil if there is none. site made it, with these links;
// states are those of the thing before and after it, nil if they are not known. The ledger does not keep a thing that
// converge found and only adjusted without writing a content, unless it has the original, because it could not
// distinguish the present state from the one before.
func (l *ledger) changeOf(c resource.Change, site Site, links Links, seal sealer, states *original, records recordStore) (*LedgerChange, error) {
	if c.Key == "" || c.Undeclared {
		return nil, nil
	}
	was, known := l.findEntry(c.Key)
	now := was
	switch c.Action {
	case resource.Delete:
		if now = (ledgerValue{holds: was.holds, found: true}); c.Kind != nil && c.Kind.RestoresAttrs {
			states, was.original = nil, ""
		}
	case resource.Create:
		now = ledgerValue{holds: was.holds}
	case resource.Update:
		now.found = was.found || !known
	default:
		return nil, nil
	}
	if c.Action == resource.Delete && known {
		if first, err := readOriginal(was.original); err == nil && !first.wasThere() {
			return &LedgerChange{Key: c.Key, Gone: true}, nil // nothing needs its old state any more; the record of that would be in no run
		}
	}
	var err error
	if now.original, err = originalAfter(c.Kind, was, known, states, records); err != nil {
		return nil, err
	}
	if c.Action == resource.Delete && !now.putsBack() {
		if !known {
			return nil, nil
		}
		return &LedgerChange{Key: c.Key, Gone: true}, nil
	}
	if digest, err := seal.writtenBy(c, was.digest); err != nil {
		return nil, err
	} else if digest != "" {
		now.digest = digest
	}
	if site.Name != "" {
		now.holds = withHold(was.holdsOnceMade(), site.Name, site.Former, links)
	}
	if now.addr = c.Addr.String(); known && now == was || now.found && now.digest == "" && now.original == "" {
		return nil, nil
	}
	return &LedgerChange{Key: c.Key, Digest: now.digest, Found: now.found, Holds: now.holds, Original: now.original}, nil
}

// putsBack reports whether the thing existed before converge changed it, and its state is known.
func (v ledgerValue) putsBack() bool {
	if v.original == "" {
		return false
	}
	o, err := readOriginal(v.original)
	return err == nil && o.wasThere()
}

func (l *ledger) listOrphans(declared func(key string) bool) []LedgerEntry {
	return l.orphansOf(func(key string, _ ledgerValue) bool { return !declared(key) })
}

// orphansOf are the wanted entries, by key, of things that converge made or would put back.
func (l *ledger) orphansOf(wanted func(key string, v ledgerValue) bool) []LedgerEntry {
	var out []LedgerEntry
	for key, v := range l.each() {
		if v.found && v.original == "" || !wanted(key, v) {
			continue
		}
		if e, ok := l.decodeEntry(key, withStrayed(l, key, v)); ok {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b LedgerEntry) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// decodeEntry returns a complete entry; false: another version of converge wrote it in another form.
func (l *ledger) decodeEntry(key string, v ledgerValue) (LedgerEntry, bool) {
	addr, err := resource.ParseAddr(v.addr)
	e := LedgerEntry{Key: key, Addr: addr, Digest: v.digest, Holds: l.decodeHolds(v.holds), Found: v.found, OnlyDeclared: v.isOnlyDeclared()}
	if err != nil {
		return e, false
	}
	if v.original != "" {
		o, err := readOriginal(v.original)
		if e.Before, e.After = o.Before, o.After; err != nil && v.found {
			return e, false
		}
	}
	return e, true
}

// decodeHolds decodes the holders of an entry, with present keys.
func (l *ledger) decodeHolds(text string) []Hold {
	hs := decodeHolds(text, l.targetValue)
	if l.now == nil {
		return hs
	}
	for i := range hs {
		for k, dep := range hs[i].Deps {
			hs[i].Deps[k] = l.now(dep)
		}
		for k := range hs[i].Notifies {
			hs[i].Notifies[k].Key = l.now(hs[i].Notifies[k].Key)
		}
	}
	return hs
}

// renameKeys moves entries to the present keys of their things for the site with the names own, and makes later calls
// use these keys. A rollback has no name: it declares what it undoes for any site that made it.
func (l *ledger) renameKeys(own []string, names Names) {
	l.now, l.moved, l.strayed, l.former = names.Key, map[string]string{}, map[string]string{}, map[string]string{}
	var moved []string
	for key := range eachKey(l, originalPrefix) {
		if !isNote(key) && names.Key(key) != key {
			moved = append(moved, key)
		}
	}
	if len(moved) == 0 {
		return
	}
	l.allEntries()
	slices.Sort(moved)
	for _, old := range moved {
		v, key := l.entries[old], names.Key(old)
		declared := names.Declares(key) && (v.holds == "" || own == nil || isHeldBy(v.holds, own))
		if link, _ := names.Strayed(old); link != "" && !declared {
			l.strayed[old] = key
			continue
		}
		delete(l.entries, old)
		if _, _, isPart := resource.CutPartKey(old); isPart {
			l.former[key] = old
		}
		if known, ok := l.entries[key]; ok {
			v = known.heldToo(v)
		}
		if l.entries[key] = v; declared && strings.HasPrefix(old, "path:") {
			l.moved[key] = old
		}
	}
}

// heldToo is v, with the sites that hold another entry of the same thing.
func (v ledgerValue) heldToo(o ledgerValue) ledgerValue {
	hs := splitHolds(v.holds)
	for _, h := range splitHolds(o.holds) {
		if !slices.ContainsFunc(hs, func(k holder) bool { return k.site == h.site }) {
			hs = append(hs, h)
		}
	}
	v.holds = joinHolds(hs)
	return v
}

// Names resolves the keys of a site on this machine.
type Names interface {
	Key(key string) string                // the key that identifies the thing
	Declares(key string) bool             // whether the site declares it
	Strayed(key string) (link, to string) // the link, not made by the site, through which a path leads elsewhere; "": none
}
