package ownership

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// hider is a resource that hides a folder with all its contents and the mounts below it.
type hider struct {
	*resource.Resource
	folder  string // ends in a slash
	mounted []string
}

// mountKey is the prefix of the keys of mounts.
const mountKey = "mount:"

// listHider returns what a resource hides; empty: nothing.
func listHider(o *Ledger, r *resource.Resource) []hider {
	if o.ListHidden == nil || !r.IsEnforced() || r.Links().Covers == "" {
		return nil
	}
	hides := o.ListHidden(r)
	if len(hides) == 0 {
		return nil
	}
	return []hider{{r, hides[0], hides[1:]}}
}

// hides reports whether something at a path may be hidden.
func (f filesOf) hides(path string) bool {
	return slices.ContainsFunc(f.hiders, func(h hider) bool { return strings.HasPrefix(path, h.folder) })
}

// findHidden returns the mount that hides an existing thing of another site; nil: there is none.
func (f filesOf) findHidden(o *Ledger, e other) *contradiction {
	for _, h := range f.hiders {
		for _, path := range pathsOf(e) {
			hidden := strings.HasPrefix(path, h.folder) && o.IsThere(path)
			if at, isMount := strings.CutPrefix(e.LedgerEntry.Key, mountKey); isMount && path == at {
				hidden = slices.Contains(h.mounted, path)
			}
			if hidden {
				return newContradiction(h.Resource, e.LedgerEntry, fmt.Sprintf("would hide %q", path), "declares it", adviceHidden)
			}
		}
	}
	return nil
}

// pathsOf lists the paths of an entry of another site: its own, those that contain it, and further ones.
func pathsOf(e other) []string {
	paths := filesIn(e.LedgerEntry)
	if p, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey); isPath {
		paths = append(paths, filesAt(e.LedgerEntry, p)...)
	}
	for _, h := range e.Holds {
		for _, p := range h.Writes {
			paths = append(paths, strings.TrimSuffix(p, "/"))
		}
	}
	return paths
}
