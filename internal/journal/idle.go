package journal

import (
	"slices"
	"strings"
)

// idleItem is the item in a site's dependencies of a thing that the site only compares, or has switched off. For a
// thing that converge has made, the item means that the site itself had part in that; it can also be in the entry of a
// thing that sites only declare. No thing has such a key.
const idleItem = "idle:"

// Idle returns the links of a thing that a site only compares or has switched off. Call it before [Links.In].
func (l Links) Idle() Links {
	l.deps = strings.TrimSuffix(idleItem+" "+l.deps, " ")
	return l
}

// cutIdle removes the mark from a decoded list of dependencies without files.
func cutIdle(deps []string) (others []string, idle bool) {
	if len(deps) == 0 || deps[0] != idleItem {
		return deps, false
	}
	return slices.Clip(deps[1:]), true
}

// isIdle reports whether a hold has the mark.
func (h holder) isIdle() bool {
	return strings.Contains(h.deps, idleItem) && slices.Contains(strings.Split(h.deps, " "), idleItem)
}

// holdsOnceMade are the holds of an entry when converge makes the thing. Idle sites had a part in an entry that was
// only declared, and have none in a thing that another site makes.
func (v ledgerValue) holdsOnceMade() string {
	if !strings.Contains(v.holds, idleItem) || !v.isOnlyDeclared() { // the usual case
		return v.holds
	}
	return joinHolds(slices.DeleteFunc(splitHolds(v.holds), func(h holder) bool {
		return h.isIdle() && !Links{deps: h.deps}.isProtected()
	}))
}

// idler determines, for a run, which of its idle things belong to the site.
type idler struct {
	folder *folder
	site   Site
	own    []string          // the names of the site, escaped
	made   map[string]makers // by key; nil: not determined yet
}

// makers are the sites that have made a thing, according to the kept runs.
type makers struct {
	own   bool // the site
	first bool // another site did, when the ledger did not have the thing
}

// holds reports whether the entry of a thing also belongs to the site, for which the thing is idle. Builds that did
// not check this entered sites that had never made the thing, so the first run that finds no mark searches the kept
// runs.
func (i *idler) holds(h *Holding, v ledgerValue, old string) bool {
	if v.isOnlyDeclared() || h.Links.isProtected() {
		return true
	}
	at := slices.IndexFunc(splitHolds(v.holds), func(k holder) bool { return slices.Contains(i.own, k.site) })
	switch {
	case at < 0:
		return false
	case splitHolds(v.holds)[at].isIdle():
		return true
	}
	if i.made == nil {
		i.made = listMakers(i.folder, i.site)
	}
	m := i.made[h.Key]
	if old != "" {
		was := i.made[old]
		m.own, m.first = m.own || was.own, m.first || was.first
	}
	return m.own || !m.first
}

// listMakers searches the kept runs for the makers of things. An unreadable run has made none.
func listMakers(f *folder, site Site) map[string]makers {
	out := map[string]makers{}
	runs, err := f.Runs()
	if err != nil {
		return out
	}
	for _, r := range runs {
		d, err := f.Detail(r.ID)
		if err != nil {
			continue
		}
		own := slices.Contains(site.allNames(), d.Info.SiteOf())
		for _, s := range d.Steps {
			if s.Key == "" || s.Also || s.State == Same {
				continue
			}
			m := out[s.Key]
			m.own = m.own || own
			m.first = m.first || !own && s.State == Done && s.isFirst()
			out[s.Key] = m
		}
	}
	return out
}

// isFirst reports whether the step added a thing to the ledger.
func (s *Step) isFirst() bool {
	if s.Ledger == nil || s.Ledger.Gone {
		return false
	}
	return s.Was == nil || ledgerValue{found: s.Was.Found, digest: s.Was.Digest, original: s.Was.Original, holds: s.Was.Holds}.isOnlyDeclared()
}

// leave returns the change that ends the site's hold of a thing that it never made; false: it does not hold it.
func (i *idler) leave(key string, v ledgerValue) (LedgerChange, bool) {
	if !isHeldBy(v.holds, i.own) {
		return LedgerChange{}, false
	}
	holds := withoutHold(v.holds, i.site.allNames())
	if holds == "" { // its maker no longer holds it
		return LedgerChange{Key: key, Gone: true}, true
	}
	return v.changeTo(key, holds), true
}
