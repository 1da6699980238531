package journal

import (
	"slices"
	"strings"
)

// wholeItem begins the last item in a site's dependencies of a file whose content the site declares. The digest of the
// content follows, as far as it is known, sealed if the content is sensitive. The item is only written if the entry's
// digest does not show it: converge has written nothing, or several sites declare the file. No thing has such a key.
const wholeItem = "whole:"

// declaringContent returns the links of a file whose content a site declares.
func (l Links) declaringContent(digest string) Links {
	l.deps = strings.TrimPrefix(l.deps+" "+wholeItem+digest, " ")
	return l
}

// cutWhole removes the mark of a file from a decoded list of dependencies.
func cutWhole(deps []string) (others []string, digest string, whole bool) {
	if last := len(deps) - 1; last >= 0 {
		if digest, whole = strings.CutPrefix(deps[last], wholeItem); whole {
			return slices.Clip(deps[:last]), digest, true
		}
	}
	return deps, "", false
}

// isOnlyDeclared reports whether the ledger has the thing only for other sites: a site declares it, and converge has
// written nothing of it that prune would take back.
func (v ledgerValue) isOnlyDeclared() bool {
	return v.found && v.digest == "" && v.original == "" && v.holds != ""
}

// keepsFound reports whether the ledger keeps a thing although converge found it as declared. After its run a manifest
// without a name declares nothing but what it protects.
func (s Site) keepsFound(h *Holding) bool {
	return h.Links.isProtected() || h.Stays && s.Name != NoSite
}

// linksIn returns the links of an entry of the thing; own contains the names of the site, escaped.
func (h *Holding) linksIn(v ledgerValue, own []string) Links {
	l, isFound := h.Links, v.isOnlyDeclared()
	if h.Whole && (isFound || isHeldByOther(v.holds, own)) {
		digest := ""
		if h.Content != nil {
			digest = h.Content()
		}
		l = l.declaringContent(digest)
	}
	if h.Wants != nil && (isFound || isHeldByOther(v.holds, own)) {
		l = l.Keeping(h.Wants())
	}
	return l
}

// listFound makes the ledger keep, for other sites, what the site declares and did not make. Such an entry ends when
// the site no longer declares the thing.
func (l *ledger) listFound(site Site, hs []Holding) (changes []LedgerChange) {
	for i := range hs {
		h := &hs[i]
		if !site.keepsFound(h) {
			continue
		}
		if _, known := l.findEntry(h.Key); !known {
			v := ledgerValue{addr: h.Addr.String(), found: true, holds: escapeItem(site.Name)}
			changes = append(changes, v.changeTo(h.Key, withHold("", site.Name, nil, h.linksIn(v, nil))))
		}
	}
	changes = append(changes, l.listLost(site, hs)...)
	slices.SortFunc(changes, func(a, b LedgerChange) int { return strings.Compare(a.Key, b.Key) })
	return changes
}

// listLost removes the site from the entries of found things that it no longer declares.
func (l *ledger) listLost(site Site, hs []Holding) (changes []LedgerChange) {
	if !mayHave(l, finds) {
		return nil
	}
	own := escapeItems(site.allNames())
	var held []string
	for key, v := range l.each() {
		if v.isOnlyDeclared() && isHeldBy(v.holds, own) {
			held = append(held, key)
		}
	}
	if len(held) == 0 {
		return nil
	}
	kept := make(map[string]bool, len(hs))
	for i := range hs {
		if site.keepsFound(&hs[i]) {
			kept[hs[i].Key] = true
		}
	}
	for _, key := range held {
		v, _ := l.findEntry(key)
		switch holds := withoutHold(v.holds, site.allNames()); {
		case kept[key]:
		case holds != "":
			changes = append(changes, v.changeTo(key, holds))
		default:
			changes = append(changes, LedgerChange{Key: key, Gone: true})
		}
	}
	return changes
}

// ListBare returns the paths of files of which other sites declare only owner and mode.
func (sl SiteLedger) ListBare() map[string]bool {
	l, unlock := sl.lock()
	defer unlock()
	own := escapeItems(sl.site.allNames())
	out := map[string]bool{}
	if !mayHave(l, finds) || !mayBeOfOthers(l, own) {
		return out
	}
	for key, v := range l.eachOf("path:") {
		path := strings.TrimPrefix(key, "path:")
		if !v.isOnlyDeclared() || !isHeldByOther(v.holds, own) {
			continue
		}
		e, ok := l.decodeEntry(key, v)
		isWhole := slices.ContainsFunc(e.Holds, func(h Hold) bool { return h.Whole })
		if ok && e.Addr.Kind == "file" && !isWhole {
			out[path] = true
		}
	}
	return out
}
