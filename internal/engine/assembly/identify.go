package assembly

import (
	"slices"
	"strings"

	"converge/internal/resource"
)

// byIdentity makes the links of a resource use the things' own names. What it needs on the way to a path, it also
// needs on the way to the path's target, including the links between.
func (id *Identity) byIdentity(r *resource.Resource, l resource.Links) (_ resource.Links, renamed bool) {
	own := ""
	if len(l.Provides) > 0 {
		own = l.Provides[0]
	}
	var changed [4]bool
	l.Needs, changed[0] = id.needs(l, own)
	l.Provides, changed[1] = id.provides(l, own)
	if len(l.Whole) > 0 {
		l.Whole = id.wholes(l.Whole, own, l.Provides[0])
	}
	l.Shares, changed[2] = id.keys(l.Shares)
	l.Before, changed[3] = id.keys(l.Before)
	if own != "" && l.Provides[0] != own {
		id.addThere(r, &l)
	}
	return l, changed != [4]bool{}
}

// addThere adds the keys and needs of a path's physical place to those of its declared place: a file may belong to a
// unit at the physical one.
func (id *Identity) addThere(r *resource.Resource, l *resource.Links) {
	p, ok := strings.CutPrefix(l.Provides[0], PathKey)
	if !ok || r.Label() == "" {
		return
	}
	there := r.Kind.Links(r.Kind.WithLabel(r.Want, p))
	for _, add := range []struct {
		to   *[]string
		keys []string
	}{{&l.Provides, there.Provides[1:]}, {&l.Shares, there.Shares}, {&l.Before, there.Before}} {
		keys, _ := id.keys(add.keys)
		*add.to = slices.Concat(*add.to, keys)
	}
	known := make(map[string]bool, len(l.Needs))
	for _, n := range l.Needs {
		known[n.Key] = true
	}
	l.Needs = slices.Clone(l.Needs)
	for _, n := range there.Needs {
		if n.Key = id.key(n.Key); !known[n.Key] {
			known[n.Key] = true
			l.Needs = append(l.Needs, n)
		}
	}
}

func (id *Identity) provides(l resource.Links, own string) (keys []string, renamed bool) {
	keys, renamed = id.keys(l.Provides)
	if p, ok := strings.CutPrefix(own, PathKey); ok && l.Follows && id.paths.isNamed(p) {
		if to := id.paths.leads(p); PathKey+to != keys[0] {
			keys, renamed = append([]string{PathKey + to}, keys[1:]...), true
		}
	}
	for _, key := range l.Provides {
		if p, ok := strings.CutPrefix(key, goneKey); ok && id.paths.leads(p) != p {
			keys, renamed = slices.Clip(keys), true
			EachFolder(id.paths.leads(p), func(dir string) { keys = append(keys, goneKey+dir) })
		}
	}
	return keys, renamed
}

// keys maps keys, and copies them only if one changes.
func (id *Identity) keys(keys []string) (_ []string, renamed bool) {
	var out []string
	for i, key := range keys {
		k := id.key(key)
		if k != key && out == nil {
			out = append(make([]string, 0, len(keys)), keys[:i]...)
		}
		if out != nil {
			out = append(out, k)
		}
	}
	if out == nil {
		return keys, false
	}
	return out, true
}

// needs are the needs of l by identity. They stay unchanged as long as no path leads elsewhere.
func (id *Identity) needs(l resource.Links, own string) (_ []resource.Need, renamed bool) {
	out, copied := l.Needs, false
	plain := id.plainBelow(own)
	add := func(n resource.Need) {
		if !copied {
			out, copied = append(make([]resource.Need, 0, len(out)+4), out...), true
		}
		out = append(out, n)
	}
	for i, n := range l.Needs {
		if len(plain) > len(n.Key) && strings.HasPrefix(plain, n.Key) && plain[len(n.Key)] == '/' {
			continue // the usual case
		}
		if k := id.key(n.Key); k != n.Key {
			if !copied {
				out, copied = append(make([]resource.Need, 0, len(l.Needs)+4), l.Needs...), true
			}
			out[i].Key = k
		}
		if p, ok := strings.CutPrefix(n.Key, PathKey); ok && !strings.HasSuffix(p, "/") {
			id.onward(p, n.Reason, add)
		}
	}
	if p, ok := strings.CutPrefix(own, PathKey); ok && l.Follows && id.paths.isNamed(p) {
		id.onward(p, "it lies in that directory", add)
	}
	return out, copied
}

// plainBelow returns a path's own key if none of its parent folders is a link. The needs of the path are then prefixes
// of that key.
func (id *Identity) plainBelow(own string) string {
	p, ok := strings.CutPrefix(own, PathKey)
	if !ok {
		return ""
	}
	if dir, _ := cutPath(p); id.paths.leads(dir) != dir {
		return ""
	}
	return own
}

// onward adds everything between a path and its physical place: the links and the parent folders of that place.
func (id *Identity) onward(p, reason string, add func(resource.Need)) {
	to := id.paths.leads(p)
	if to == p || to == id.paths.place(p) {
		return
	}
	for _, link := range id.paths.via(p) {
		id.onTheWay[link] = true
		add(resource.Need{Key: PathKey + link, Reason: "its path leads through that link"})
	}
	add(resource.Need{Key: PathKey + to, Reason: reason})
	EachFolder(to, func(dir string) { add(resource.Need{Key: PathKey + dir, Reason: reason}) })
}
