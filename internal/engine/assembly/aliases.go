package assembly

import (
	"maps"

	"converge/internal/resource"
)

// maxAliases is how many declared links a name may lead through.
const maxAliases = 16

// declaredAliases are the names that a site's resources make stand for other
// things, by key.
func declaredAliases(rs []*resource.Resource, links []resource.Links) map[string]string {
	out := map[string]string{}
	for i := range links {
		if !rs[i].Off {
			maps.Copy(out, links[i].Names)
		}
	}
	return out
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
