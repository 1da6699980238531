package ownership

import (
	"fmt"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// addTurned adds the link that a resource turns to another target, removes or replaces.
func addTurned(o *Ledger, turned map[string]*resource.Resource, r *resource.Resource) {
	if o.TurnsLink != nil && r.IsEnforced() && o.TurnsLink(r) {
		turned[r.Key] = r
	}
}

// declaredPlace is the part of a wanted value that gives the place of a thing.
type declaredPlace struct {
	Path resource.Opt[string] `attr:"path"`
	Home resource.Opt[string] `attr:"home"`
}

// findTurned returns a link that gets another target although another site declares a path through it; nil: there is
// none. The key of the declared thing has the path to which the link leads now.
func findTurned(o *Ledger, e other, f filesOf) *contradiction {
	if len(f.turned) == 0 { // the usual case
		return nil
	}
	r := e.Resource
	if r == nil {
		r = o.readDeclared(e.LedgerEntry)
	}
	if r == nil || r.Kind == nil {
		return nil
	}
	at := resource.Part[declaredPlace](r.Want)
	for _, p := range []string{at.Path.Value, at.Home.Value} {
		for _, link := range o.LinksTo(resource.DecodeBytes(p)) {
			key := assembly.PathKey + resource.EncodeText(link)
			if ours := f.turned[key]; ours != nil && key != e.LedgerEntry.Key { // the link itself is compared like any other thing
				return newContradiction(ours, e.LedgerEntry, describeTurn(ours), fmt.Sprintf("declares %q by it", p), adviceLink)
			}
		}
	}
	return nil
}

// describeTurn describes the effect of a resource on a link.
func describeTurn(r *resource.Resource) string {
	if r.WantsAbsent() || r.Kind.Name != "link" {
		return "has no link there any more"
	}
	return "has that link lead elsewhere"
}
