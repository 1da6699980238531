package journal

import (
	"encoding/json"
	"slices"
	"strings"

	"converge/internal/resource"
)

// protectItem begins the item in a site's dependencies that records that the site protects the thing, and where. No
// thing has such a key, so for a version of converge that does not know the item it is a dependency on nothing.
const protectItem = "protect:"

// Protected returns the links of a thing that a site protects; by names the site, and the place in its manifest.
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

// cutProtected removes the protector from a decoded list of dependencies.
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

// Kept is further information of a site on a thing: its declaration, whether or not converge ever had to change it,
// and the keys of other things whose side a site that protects it keeps.
type Kept struct {
	Kind   string          // of Want
	Want   json.RawMessage // as in a [Step]; nil: not known
	Guards []string
	Secret []string // names of the attributes that the site declares as sensitive
}

// Items in a site's dependencies for what it keeps. No thing has such a key.
const (
	wantsItem  = "wants:"
	guardsItem = "guards:"
	hidesItem  = "hides:"
)

// Keeping returns the links of a thing for which a site keeps this. Call it before [Links.Protected].
func (l Links) Keeping(k Kept) Links {
	var items []string
	if k.Want != nil {
		items = append(items, escapeItem(wantsItem+k.Kind+" "+string(k.Want)))
	}
	for _, key := range k.Guards {
		items = append(items, escapeItem(guardsItem+key))
	}
	for _, name := range k.Secret {
		items = append(items, escapeItem(hidesItem+name))
	}
	if l.deps != "" {
		items = append(items, l.deps)
	}
	l.deps = strings.Join(items, " ")
	return l
}

// cutKept removes what the site keeps from a decoded list of dependencies without protector.
func cutKept(deps []string) (others []string, k Kept) {
	for len(deps) > 0 {
		if want, ok := strings.CutPrefix(deps[0], wantsItem); ok {
			kind, text, _ := strings.Cut(want, " ")
			k.Kind, k.Want = kind, json.RawMessage(text)
		} else if key, ok := strings.CutPrefix(deps[0], guardsItem); ok {
			k.Guards = append(k.Guards, key)
		} else if name, ok := strings.CutPrefix(deps[0], hidesItem); ok {
			k.Secret = append(k.Secret, name)
		} else {
			return deps, k
		}
		deps = deps[1:]
	}
	return nil, k
}

// ListProtected maps the keys of protected things to the sites that protect them. It leaves out things that this site
// declares now: its manifest decides. A site without a name declares nothing. The files that contain such a thing have
// keys "within:PATH" and "writes:PATH" (see [Files]).
func (sl SiteLedger) ListProtected(declared func(key string) bool) map[string]string {
	out, sides := map[string]string{}, map[string]string{}
	if !sl.eachProtected(declared, func(key, former string, h Hold) {
		out[key] = h.Protected
		for _, guarded := range h.Guards {
			sides[guarded] = h.Protected
		}
		for _, k := range []string{key, former} {
			if file, _, ok := resource.CutPartKey(k); ok {
				h.Within = append(h.Within, file)
			}
		}
		for _, p := range h.Within {
			out[withinItem+p] = h.Protected
		}
		for _, p := range h.Writes {
			out[writesItem+p] = h.Protected
		}
	}) {
		return nil
	}
	addMissing(out, sides)
	return out
}

// ListOwnKept returns the declarations of the site's last run, by key, if the ledger has them.
func (sl SiteLedger) ListOwnKept(wanted func(key string) bool) map[string]Kept {
	l, unlock := sl.lock()
	defer unlock()
	out, own := map[string]Kept{}, sl.site.allNames()
	if !mayHave(l, wants) {
		return out
	}
	for key, v := range l.each() {
		if !strings.Contains(v.holds, wantsItem) || !wanted(key) {
			continue
		}
		for _, h := range l.decodeHolds(v.holds) {
			if h.Want != nil && slices.Contains(own, h.Site) {
				out[key] = h.Kept
			}
		}
	}
	return out
}

// addMissing adds the guarded things that are not protected themselves.
func addMissing[V any](to, sides map[string]V) {
	for key, v := range sides {
		if _, known := to[key]; !known {
			to[key] = v
		}
	}
}

// ListKept returns the sites' known declarations of the things of [SiteLedger.ListProtected], by their keys and by the
// keys that they guard.
func (sl SiteLedger) ListKept(declared func(key string) bool) map[string]Kept {
	out, sides := map[string]Kept{}, map[string]Kept{}
	sl.eachProtected(declared, func(key, _ string, h Hold) {
		if h.Want == nil {
			return
		}
		out[key] = h.Kept
		for _, guarded := range h.Guards {
			sides[guarded] = h.Kept
		}
	})
	addMissing(out, sides)
	return out
}

// eachProtected visits the things that sites protect and that this site does not declare. It reports whether there may
// be any.
func (sl SiteLedger) eachProtected(declared func(key string) bool, visit func(key, former string, h Hold)) bool {
	l, unlock := sl.lock()
	defer unlock()
	if !mayHave(l, protects) {
		return false
	}
	for key, v := range l.each() {
		if !strings.Contains(v.holds, protectItem) {
			continue
		}
		for _, h := range l.decodeHolds(v.holds) {
			own := sl.site.Name != "" && slices.Contains(sl.site.allNames(), h.Site)
			if h.Protected != "" && !(own && declared(key)) {
				visit(key, l.former[key], h)
			}
		}
	}
	return true
}
