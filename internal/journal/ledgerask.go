package journal

import (
	"iter"
	"slices"
	"strings"
)

// findEntry returns the entry of a key.
func (l *ledger) findEntry(key string) (ledgerValue, bool) {
	if l.asked++; l.entries == nil && l.asked <= l.text.count/mostAsked {
		return l.text.find(key)
	}
	v, ok := l.allEntries()[key]
	return v, ok
}

// mostAsked is the fraction of its entries that are looked up in a text before all are parsed: a lookup in the text
// takes longer than one in parsed entries.
const mostAsked = 8

// each yields all entries, in no order. Nothing may change meanwhile.
func (l *ledger) each() iter.Seq2[string, ledgerValue] { return l.eachOf("") }

// eachOf yields the entries whose keys begin with prefix, in no order.
func (l *ledger) eachOf(prefix string) iter.Seq2[string, ledgerValue] {
	if l.entries == nil {
		return l.text.each(prefix)
	}
	return func(yield func(string, ledgerValue) bool) {
		for key, v := range l.entries {
			if strings.HasPrefix(key, prefix) && !yield(key, v) {
				return
			}
		}
	}
}

// eachKey yields the keys of all entries that do not begin with but, in no order.
func eachKey(l *ledger, but string) iter.Seq[string] {
	if l.entries == nil {
		return l.text.eachKey(but)
	}
	return func(yield func(string) bool) {
		for key := range l.entries {
			if !strings.HasPrefix(key, but) && !yield(key) {
				return
			}
		}
	}
}

// mayHave reports whether an entry may have one of the marks.
func mayHave(l *ledger, m marks) bool { return l.entries != nil || l.text.marks&m != 0 }

// mayBeHeld reports whether a site that wanted accepts may hold an entry; sites are given escaped.
func mayBeHeld(l *ledger, wanted func(site string) bool) bool {
	if l.entries != nil {
		return true
	}
	for site := range l.text.owners {
		if wanted(site) {
			return true
		}
	}
	return false
}

// mayBeOfOthers reports whether a site other than these, given escaped, may hold an entry.
func mayBeOfOthers(l *ledger, own []string) bool {
	return mayBeHeld(l, func(site string) bool { return !slices.Contains(own, site) })
}
