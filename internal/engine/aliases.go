package engine

import (
	"path"
	"strings"

	"converge/internal/resource"
)

// maxAliases is how many declared links a unit's name may lead through.
const maxAliases = 16

// declaredAliases are the links of a site that make one unit's name an alias of
// another: in a folder of unit files, to another name of the same type there.
func declaredAliases(rs []*resource.Resource, links []resource.Links) map[string]string {
	var out map[string]string
	for i := range links {
		l := &links[i]
		if l.Leads == "" || rs[i].Off || !inUnitFolder(path.Dir(l.Leads)) {
			continue
		}
		for _, key := range l.Provides {
			unit, ok := strings.CutPrefix(key, unitKey)
			to := path.Base(l.Leads)
			if ok && unit != to && path.Ext(unit) == path.Ext(to) {
				if out == nil {
					out = map[string]string{}
				}
				out[key] = unitKey + to
			}
		}
	}
	return out
}

// inUnitFolder reports whether a link in a folder of unit files points to a file
// in such a folder too. A file elsewhere makes a unit of its own.
func inUnitFolder(dir string) bool {
	return dir == "." || strings.HasSuffix(dir, "/systemd/system")
}

// nameAliases adds aliases that will be there to those that are.
func (id *Identity) nameAliases(aliases map[string]string) {
	for key := range aliases {
		to := key
		for range maxAliases {
			next, ok := aliases[to]
			if !ok {
				next, ok = id.names[to]
			}
			if !ok || next == key {
				break
			}
			to = next
		}
		if to != key {
			id.names[key] = to
		}
	}
}
