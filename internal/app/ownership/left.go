package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// addLeft adds the paths that a resource puts out of use.
func (o *Ledger) addLeft(left map[string]*resource.Resource, r *resource.Resource) {
	if o.ListLeft == nil || !r.IsEnforced() {
		return
	}
	for _, p := range o.ListLeft(r) {
		left[p] = r
	}
}

// findLeaver returns the resource that puts the entry at a path out of use; nil: there is none.
func (f filesOf) findLeaver(path string) (r *resource.Resource) {
	if len(f.left) == 0 { // the usual case
		return nil
	}
	if r = f.left[path]; r == nil {
		r = f.left[path+"/"]
	}
	assembly.EachFolder(path, func(dir string) {
		if in := f.left[dir+"/"]; in != nil {
			r = in
		}
	})
	return r
}

// findLeft returns the user whose home moves although another site declares something in it, or whose keys sshd then
// looks for in another one; nil: there is none.
func (f filesOf) findLeft(e other) *contradiction {
	if len(f.left) == 0 {
		return nil
	}
	paths := filesIn(e.LedgerEntry)
	if p, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey); isPath {
		paths = filesAt(e.LedgerEntry, p)
	}
	for _, h := range e.Holds {
		for _, p := range h.Writes {
			if folder, ok := strings.CutSuffix(p, "/"); ok { // the home of another user
				paths = append(paths, folder)
			}
		}
	}
	for _, p := range paths {
		r := f.findLeaver(p)
		switch {
		case r == nil:
		case f.left[p] != nil:
			return newContradiction(r, e.LedgerEntry, fmt.Sprintf("gives the user another home, where the keys in %q do not count", p), "declares what is in that file", adviceKeys)
		default:
			return newContradiction(r, e.LedgerEntry, "moves the home of the user, with all that is in it", fmt.Sprintf("declares %q there", p), adviceHome)
		}
	}
	return nil
}
