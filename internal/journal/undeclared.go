package journal

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"converge/internal/resource"
)

// ListUndeclared returns, by key, the things that the site made and no longer declares, and those without a known site.
// The entries name the other sites that hold them.
func (sl SiteLedger) ListUndeclared(declared func(key string) bool) []LedgerEntry {
	l, unlock := sl.lock()
	defer unlock()
	return l.orphansOf(isUndeclared(sl.site, declared))
}

// ListChosen returns those of [SiteLedger.ListUndeclared] that are chosen by their keys, and by whether converge has given
// them a content.
func (sl SiteLedger) ListChosen(declared func(key string) bool, chosen func(key string, hasContent bool) bool) []LedgerEntry {
	l, unlock := sl.lock()
	defer unlock()
	is := isUndeclared(sl.site, declared)
	return l.orphansOf(func(key string, v ledgerValue) bool { return is(key, v) && chosen(key, v.digest != "") })
}

// ListTelling returns the entries of [SiteLedger.ListUndeclared] whose removal notifies a thing with this prefix of its
// key.
func (sl SiteLedger) ListTelling(declared func(key string) bool, prefix string) []LedgerEntry {
	l, unlock := sl.lock()
	defer unlock()
	is := isUndeclared(sl.site, declared)
	entries := l.orphansOf(func(key string, v ledgerValue) bool {
		// An entry whose path now leads elsewhere adds notifications of others, which v does not have yet.
		return (len(l.strayed) > 0 || strings.Contains(v.holds, escapeItem(prefix))) && is(key, v)
	})
	return slices.DeleteFunc(entries, func(e LedgerEntry) bool {
		return !slices.ContainsFunc(e.Holds, func(h Hold) bool {
			return slices.ContainsFunc(h.Notifies, func(n LedgerNotify) bool { return strings.HasPrefix(n.Key, prefix) })
		})
	})
}

// Has reports whether the ledger has the thing with a key, of whatever site.
func (sl SiteLedger) Has(key string) bool {
	l, unlock := sl.lock()
	defer unlock()
	_, has := l.findEntry(key)
	return has
}

// isUndeclared returns a function that reports whether a site, or an unknown one, has made an entry's thing and the
// site does not declare it.
func isUndeclared(site Site, declared func(key string) bool) func(key string, v ledgerValue) bool {
	own := escapeItems(site.allNames())
	return func(key string, v ledgerValue) bool {
		return (v.holds == "" || isHeldBy(v.holds, own)) && !declared(key)
	}
}

// Tally counts things that a site made and no longer declares.
type Tally struct {
	Kinds  map[string]int // number of each kind, those of Shared included
	Shared []string       // keys of those that other sites declare, too, sorted
}

// Total is the number of things.
func (t *Tally) Total() (n int) {
	for _, of := range t.Kinds {
		n += of
	}
	return n
}

// CountUndeclared counts the entries of [SiteLedger.ListUndeclared]. It does not decode entries, so it also counts
// those that another version wrote in a form of its own. keys are all declared keys, as the ledger names them.
func (sl SiteLedger) CountUndeclared(declared func(key string) bool, keys iter.Seq[string]) Tally {
	l, unlock := sl.lock()
	defer unlock()
	own := escapeItems(sl.site.allNames())
	if l.entries == nil {
		if t, ok := l.text.countUndeclared(own, keys); ok {
			return t
		}
	}
	t, is := Tally{Kinds: map[string]int{}}, isUndeclared(sl.site, declared)
	ofOthers := mayBeOfOthers(l, own)
	kind, n := "", 0 // of the last lines
	for key, v := range l.each() {
		if v.found && v.original == "" || !is(key, v) {
			continue
		}
		if !isOfKind(v.addr, kind) {
			t.Kinds[kind] += n
			kind, n = kindOf(v.addr), 0
		}
		if n++; ofOthers && isHeldByOther(withStrayed(l, key, v).holds, own) {
			t.Shared = append(t.Shared, key)
		}
	}
	t.Kinds[kind] += n
	delete(t.Kinds, "")
	slices.Sort(t.Shared)
	return t
}

// countUndeclared counts what a site, whose names are given escaped, made and does not declare, as the difference of
// two numbers: all that it made, and what it declares of that. This takes no look at the lines. false: other sites
// hold some of it, or too many keys would have to be looked up.
func (t *ledgerText) countUndeclared(own []string, keys iter.Seq[string]) (Tally, bool) {
	out, most := Tally{Kinds: map[string]int{}}, t.count/mostAsked
	if t.originals > most {
		return out, false
	}
	ofOthers := false
	isOwn := func(holds string) bool {
		is := holds == "" || isHeldBy(holds, own)
		ofOthers = ofOthers || is && isHeldByOther(holds, own)
		return is
	}
	for of, n := range t.made {
		if isOwn(of.holds) {
			out.Kinds[of.kind] += n
		}
	}
	for rest := t.section(originalPrefix); rest != ""; {
		var line ledgerLine
		line, rest = t.cutLine(rest)
		if v, _ := t.find(strings.TrimPrefix(line.key(), originalPrefix)); v.found && v.original != "" && isOwn(v.holds) {
			out.Kinds[kindOf(v.addr)]++
		}
	}
	for key := range keys {
		if most--; most < 0 || ofOthers {
			return out, false
		}
		if v, known := t.find(key); known && !(v.found && v.original == "") && isOwn(v.holds) {
			out.Kinds[kindOf(v.addr)]--
		}
	}
	maps.DeleteFunc(out.Kinds, func(kind string, n int) bool { return kind == "" || n == 0 })
	return out, !ofOthers
}

// isOfKind reports whether an address belongs to a resource of a kind, outside of modules.
func isOfKind(addr, kind string) bool {
	return kind != "" && len(addr) > len(kind) && addr[:len(kind)] == kind && (addr[len(kind)] == '[' || addr[len(kind)] == '.')
}

// kindOf returns the kind of the resource with an address; "": it is not an address.
func kindOf(addr string) string {
	if end := strings.IndexAny(addr, ".["); end > 0 && addr[:end] != "module" {
		return addr[:end]
	}
	a, _ := resource.ParseAddr(addr) // zero: it is not an address
	return a.Kind
}

// withStrayed adds the sites of the entry whose thing was formerly at the place of this one: they may still declare
// it.
func withStrayed(l *ledger, key string, v ledgerValue) ledgerValue {
	for old, now := range l.strayed {
		if now == key {
			v = v.heldToo(l.entries[old])
		}
	}
	return v
}

// TargetOf returns the wanted value of a target that things of the site notify, as the site declared it last; nil:
// unknown.
func (sl SiteLedger) TargetOf(target resource.Addr) json.RawMessage {
	l, unlock := sl.lock()
	defer unlock()
	for _, name := range sl.site.allNames() {
		if want := l.targetValue(name, target); want != nil {
			return want
		}
	}
	return nil
}
