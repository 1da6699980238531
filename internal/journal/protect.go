package journal

import (
	"slices"
	"strings"

	"converge/internal/resource"
)

// protectItem begins the item in a site's dependencies that tells that it protects
// the thing, and where. No thing has such a key, so a version of converge that does
// not know the item depends on nothing.
const protectItem = "protect:"

// Protected returns the links of a thing that a site protects; by names the site, and
// the place in its manifest.
func (l Links) Protected(by string) Links {
	item := escapeItem(protectItem + by)
	if l.deps != "" {
		item += " " + l.deps
	}
	l.deps = item
	return l
}

// isProtected reports whether a site protects the thing.
func (l Links) isProtected() bool { return strings.HasPrefix(l.deps, protectItem) }

// cutProtected takes the protector out of a decoded list of dependencies.
func cutProtected(deps []string) (others []string, by string) {
	if len(deps) == 0 {
		return deps, ""
	}
	by, ok := strings.CutPrefix(deps[0], protectItem)
	switch {
	case !ok:
		return deps, ""
	case len(deps) == 1:
		return nil, by
	}
	return deps[1:], by
}

// ListProtected returns the keys of things that sites protect, and these sites. What the site
// itself declares now is left out: its manifest decides. A site without a name
// declares nothing. The files that such a thing is in have keys "within:PATH" and
// "writes:PATH" (see [Files]).
func (s *State) ListProtected(site Site, declared func(key string) bool) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.memory.ledger
	if l.entries == nil && !strings.Contains(l.body, protectItem) {
		return nil
	}
	out := map[string]string{}
	for key, v := range l.allEntries() {
		if !strings.Contains(v.holds, protectItem) {
			continue
		}
		for _, h := range l.decodeHolds(v.holds) {
			own := site.Name != "" && slices.Contains(site.allNames(), h.Site)
			if h.Protected == "" || own && declared(key) {
				continue
			}
			out[key] = h.Protected
			if file, _, ok := resource.CutPartKey(key); ok {
				h.Within = append(h.Within, file)
			}
			for _, p := range h.Within {
				out[withinItem+p] = h.Protected
			}
			for _, p := range h.Writes {
				out[writesItem+p] = h.Protected
			}
		}
	}
	return out
}

// isOnlyProtected reports whether converge has not changed the thing: the ledger has it
// only because a site protects it.
func (v ledgerValue) isOnlyProtected() bool {
	return v.found && v.digest == "" && v.original == "" && strings.Contains(v.holds, protectItem)
}

// listFoundProtected has the ledger keep, for other sites, what the site protects
// and did not make. Such an entry ends when the site protects the thing no more.
func (l *ledger) listFoundProtected(site Site, hs []Holding) (changes []LedgerChange) {
	kept := map[string]bool{}
	for _, h := range hs {
		if !h.Links.isProtected() {
			continue
		}
		kept[h.Key] = true
		if _, known := l.findEntry(h.Key); !known {
			v := ledgerValue{addr: h.Addr.String(), found: true, holds: withHold("", site.Name, nil, h.Links)}
			changes = append(changes, v.changeTo(h.Key, v.holds))
		}
	}
	own := escapeItems(site.allNames())
	for key, v := range l.entries {
		if kept[key] || !v.isOnlyProtected() || !isHeldBy(v.holds, own) {
			continue
		}
		if v.holds = withoutHold(v.holds, site.allNames()); v.holds != "" {
			changes = append(changes, v.changeTo(key, v.holds))
		} else {
			changes = append(changes, LedgerChange{Key: key, Gone: true})
		}
	}
	slices.SortFunc(changes, func(a, b LedgerChange) int { return strings.Compare(a.Key, b.Key) })
	return changes
}
