package ownership

import (
	"converge/internal/journal"
	"converge/internal/resource"
)

// ListProtectors returns the sites' declarations of protected things, by the keys of the things and of those that they
// guard, as far as the ledger has them.
func (o *Ledger) ListProtectors() map[string]*resource.Resource {
	out := map[string]*resource.Resource{}
	for key, k := range o.State.LedgerOf(o.ID).ListKept(o.Site.Identity.Declares) {
		if r := o.readKept(k); r != nil {
			out[key] = r
		}
	}
	return out
}

// readKept returns the protecting site's declaration of a resource; nil: that is not known.
func (o *Ledger) readKept(k journal.Kept) *resource.Resource {
	return o.State.ReadTarget(resource.Addr{Kind: k.Kind}, k.Want, o.Site.Kind(k.Kind))
}
