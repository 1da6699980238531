package ownership

import (
	"converge/internal/journal"
	"converge/internal/resource"
)

// ListProtectors returns how sites declare what they protect, by the keys of the things and of
// those that they guard, as far as the ledger knows it.
func (o *Ledger) ListProtectors() map[string]*resource.Resource {
	out := map[string]*resource.Resource{}
	for key, k := range o.State.LedgerOf(o.ID).ListKept(o.Site.Identity.Declares) {
		if r := o.readKept(k); r != nil {
			out[key] = r
		}
	}
	return out
}

// readKept returns a resource as the site that protects it declares it; nil: that is not known.
func (o *Ledger) readKept(k journal.Kept) *resource.Resource {
	return o.State.ReadTarget(resource.Addr{Kind: k.Kind}, k.Want, o.Site.Kind(k.Kind))
}
