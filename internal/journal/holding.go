package journal

import (
	"context"
	"maps"
	"slices"
	"strings"

	"converge/internal/resource"
)

// Restore restores the ledger's entry from before these steps, once the run has changed their things. nil, for a thing
// without a step of an earlier run, leaves the entry as it is. [RestoreEntries] restores the entries that ended with
// the steps.
func (r *Run) Restore(key string, steps []Step) {
	if key == "" {
		return
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.ledger[key] == nil {
		r.ledger[key] = r.s.memory.ledger.asChange(key)
	}
	for _, s := range steps {
		for _, e := range s.Ended {
			r.ledger[e.Key] = &e
		}
	}
	for _, s := range steps { // the first has the old entry
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

// RestoreReleased is [Run.Restore] for entries that left the ledger without a change. Call it before Restore: a change
// of the same run knows more of a thing. It leaves an entry alone that the ledger has added again meanwhile.
func RestoreReleased(r *Run, entries []LedgerChange) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for i := range entries {
		e := entries[i]
		v, known := r.s.memory.ledger.findEntry(e.Key)
		if known && !v.isOnlyDeclared() || r.ledger[e.Key] != nil {
			continue
		}
		e.Holds = ledgerValue{holds: e.Holds}.heldToo(v).holds
		r.ledger[e.Key] = &e
	}
}

// RestoreReturned is [RestoreReleased] for entries that the rollback had restored which is itself taken back.
func RestoreReturned(r *Run, entries []Returned) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		if *r.s.memory.ledger.asChange(e.Now.Key) == e.Now && r.ledger[e.Now.Key] == nil {
			r.ledger[e.Now.Key] = &e.Was
		}
	}
}

// RestoreEntries restores the entries that [Run.Restore] was given of things that no step of the run concerns: they
// were restored with the file or folder that contains them.
func RestoreEntries(_ context.Context, r *Run, keys []string) error {
	r.s.mu.Lock()
	var changes, were []LedgerChange
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		if to, was := r.ledger[key], r.s.memory.ledger.asChange(key); to != nil && *to != *was {
			changes, were = append(changes, *to), append(were, *was)
		}
	}
	r.s.mu.Unlock()
	return r.writeHeld(changes, were)
}

// Renamed is the step with its ledger keys mapped by now.
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
	s.Ended = slices.Clone(s.Ended)
	for i := range s.Ended {
		s.Ended[i] = *rename(&s.Ended[i])
	}
	return s
}

// ledgerChange is the effect of a made change on the ledger, and the entry that it replaces.
func (r *Run) ledgerChange(ctx context.Context, c resource.Change) (now, was *LedgerChange, err error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	l, links := r.s.memory.ledger, Links{}
	if r.Links != nil {
		links = r.Links(c.Addr)
	}
	if to, ok := r.ledger[c.Key]; ok && c.Action != resource.None && !c.Undeclared {
		if was = l.asChange(c.Key); *was == *to {
			return nil, nil, nil
		}
		now = to
	} else if now, err = l.changeOf(r.asDeclared(c), r.SiteID, links, r.s.seal, r.begun[c.Key], openRecords(ctx, r.contents)); now == nil || err != nil {
		return nil, nil, err
	} else {
		was = l.asChange(c.Key)
	}
	if was.Gone || was.Found && was.Original == "" {
		now.Found = now.Found && !r.inherits[c.Key]
	}
	if was.Gone {
		was = nil
	}
	return now, was, nil
}

// noteMade records a change of the whole content of a file that converge has made for parts. The file is then
// converge's, and is removed when nothing declares it any more.
func noteMade(r *Run, c resource.Change) {
	path, isFile := strings.CutPrefix(c.Key, "path:")
	if isFile && c.Action == resource.Update && c.Kind != nil && r.MadeFor != nil && c.Kind.Content(c.Want) != nil && r.MadeFor(path) {
		r.inherits[c.Key] = true
	}
}

// asChange returns the change that produces the ledger's entry of a key.
func (l *ledger) asChange(key string) *LedgerChange {
	v, known := l.findEntry(key)
	if !known {
		return &LedgerChange{Key: key, Gone: true}
	}
	c := v.changeTo(key, v.holds)
	return &c
}

// changeTo is the change that makes v, with these holders, the entry of a key.
func (v ledgerValue) changeTo(key, holds string) LedgerChange {
	return LedgerChange{Key: key, Digest: v.digest, Found: v.found, Addr: v.addr, Holds: holds, Original: v.original}
}

// Release removes things from the ledger that no longer exist, or that another owner has taken over. It ignores
// unknown keys. The run keeps their entries: once it is taken back, the things may be as converge left them.
func (r *Run) Release(_ context.Context, keys []string) error {
	r.s.mu.Lock()
	var were []LedgerChange
	for _, key := range keys {
		if v, known := r.s.memory.ledger.findEntry(key); known {
			were = append(were, v.changeTo(key, v.holds))
		}
	}
	r.s.mu.Unlock()
	var out []record
	for _, part := range splitHeld(were, nil) {
		rec := record{Were: part.Held}
		for i := range rec.Were {
			rec.Gone = append(rec.Gone, rec.Were[i].Key)
		}
		out = append(out, rec)
	}
	return r.writeRecords(out, false)
}

// Site identifies the manifest of a run: its name, and its former names. The site also owns the ledger's entries under
// those.
type Site struct {
	Name   string // "": none, as in a rollback
	Former []string
}

// Holding is a thing that a site declares, whether or not converge manages it.
type Holding struct {
	Key   string
	Addr  resource.Addr // of the resource
	Links Links

	Stays bool // other sites must treat it as declared, though converge may have found it right
	Idle  bool // the site only compares it, or has switched it off
	Whole bool // it is a file, and its content is declared

	// Content returns the digest of that content; "": not known. nil: likewise.
	Content func() string

	// Secret names the attributes that are sensitive, and SecretIn the files that contain these.
	Secret, SecretIn []string

	// Wants returns the declaration of a thing that is a part of a file, or that has no content. It is only called for
	// a thing that converge found as declared, because the record of a change has the declaration of any other. nil:
	// it is not kept.
	Wants func() Kept
}

// Hold records in the ledger that the site declares these things, with their dependencies and notifications, if
// converge made them or other sites have to know of them. It only writes what the ledger does not hold yet.
func (r *Run) Hold(_ context.Context, hs []Holding) error {
	site := r.SiteID
	if site.Name == "" {
		return nil
	}
	r.s.mu.Lock()
	l, name, own := r.s.memory.ledger, escapeItem(site.Name), escapeItems(site.allNames())
	var changes []LedgerChange
	idle := &idler{folder: r.s.folder, site: site, own: own}
	for i := range hs {
		h := &hs[i]
		v, known := l.findEntry(h.Key)
		old, moved := l.moved[h.Key]
		if !known || v.isOnlyDeclared() && !site.keepsFound(h) {
			continue
		}
		if h.Idle && !idle.holds(h, v, old) {
			if c, held := idle.leave(h.Key, v); held {
				changes = append(changes, c)
			}
			continue
		}
		links := h.linksIn(v, own)
		if !moved && links == (Links{}) && v.holds == name {
			continue
		}
		if holds := withHold(v.holds, site.Name, site.Former, links); moved || holds != v.holds {
			changes = append(changes, v.changeTo(h.Key, holds))
		}
		if moved {
			changes = append(changes, LedgerChange{Key: old, Gone: true})
			delete(l.moved, h.Key)
		}
	}
	changes = append(changes, l.listFound(site, hs)...)
	changes = append(changes, l.noteSecretFiles(hs)...)
	changes = append(changes, l.listAdopted(site)...)
	r.s.mu.Unlock()
	return r.writeHeld(changes, nil)
}

// listAdopted are the entries that the site made under a former name and no longer declares. Hold itself writes those
// that it declares under the new name.
func (l *ledger) listAdopted(site Site) (changes []LedgerChange) {
	former := escapeItems(site.Former)
	if !mayBeHeld(l, func(site string) bool { return slices.Contains(former, site) }) {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(l.allEntries())) {
		v := l.entries[key]
		if !isHeldBy(v.holds, former) {
			continue
		}
		hs := splitHolds(v.holds)
		for i := range hs {
			if slices.Contains(former, hs[i].site) {
				hs[i].site = escapeItem(site.Name)
			}
		}
		slices.SortStableFunc(hs, func(a, b holder) int { return strings.Compare(a.site, b.site) })
		hs = slices.CompactFunc(hs, func(a, b holder) bool { return a.site == b.site })
		changes = append(changes, v.changeTo(key, joinHolds(hs)))
	}
	return changes
}

// LetGo ends the site's hold of these things: other sites declare them.
func (r *Run) LetGo(_ context.Context, keys []string) error {
	own := r.SiteID.allNames()
	r.s.mu.Lock()
	var changes []LedgerChange
	for _, key := range keys {
		v, known := r.s.memory.ledger.findEntry(key)
		if holds := withoutHold(v.holds, own); known && holds != "" && holds != v.holds {
			changes = append(changes, v.changeTo(key, holds))
		}
	}
	r.s.mu.Unlock()
	return r.writeHeld(changes, nil)
}

// writeHeld writes entries; were are the replaced ones, if a rollback is to restore them.
func (r *Run) writeHeld(changes, were []LedgerChange) error {
	if len(changes) == 0 {
		return nil
	}
	more, err := r.addTargets(changes)
	if err != nil {
		return err
	}
	return r.writeRecords(splitHeld(append(changes, more...), were), false)
}

func (s Site) allNames() []string { return append([]string{s.Name}, s.Former...) }

func escapeItems(items []string) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = escapeItem(it)
	}
	return out
}

// ListOfOthers returns, by key, the entries with these keys that other sites declare, created or found.
func (sl SiteLedger) ListOfOthers(wanted func(key string) bool) (out []LedgerEntry) {
	l, unlock := sl.lock()
	defer unlock()
	own, items := sl.site.allNames(), escapeItems(sl.site.allNames())
	if !mayBeOfOthers(l, items) {
		return nil
	}
	var keys []string
	for key, v := range l.each() {
		if !isHeldByOther(v.holds, items) {
			continue
		}
		if former := l.former[key]; wanted(key) || former != "" && wanted(former) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		v, _ := l.findEntry(key)
		former := l.former[key]
		all := l.decodeHolds(v.holds)
		holds := slices.DeleteFunc(slices.Clone(all), func(h Hold) bool { return slices.Contains(own, h.Site) })
		addr, err := resource.ParseAddr(v.addr)
		if err != nil || len(holds) == 0 {
			continue
		}
		e := LedgerEntry{Key: key, Former: former, Addr: addr, Digest: v.digest, Holds: holds, Found: v.found, OnlyDeclared: v.isOnlyDeclared(), Shared: len(holds) < len(all)}
		if o, err := readOriginal(v.original); v.original != "" && err == nil {
			e.Before, e.After = o.Before, o.After
		}
		out = append(out, e)
	}
	return out
}

// targetPrefix begins the key of a line with the wanted value of a target of notifications. No thing has such a key,
// so the line is no orphan.
const targetPrefix = "target:"
