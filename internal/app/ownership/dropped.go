package ownership

import (
	"converge/internal/resource"
	"converge/resources"
)

// NoteDropped returns notes for the plan on resources whose declaration in the last run had more, if the rest stays on
// the host and no attribute shows it.
func (o *Ledger) NoteDropped() map[resource.Addr][]string {
	users := map[string]*resource.Resource{}
	for _, r := range o.Site.Resources {
		if resources.AccountFiles(r.Key) != nil && r.IsEnforced() {
			users[r.Key] = r
		}
	}
	if len(users) == 0 {
		return nil
	}
	out := map[resource.Addr][]string{}
	for key, k := range o.State.LedgerOf(o.ID).ListOwnKept(func(key string) bool { return users[key] != nil }) {
		if was := o.readKept(k); was != nil && resources.DropsKeys(was, users[key]) {
			addr := users[key].Addr
			out[addr] = append(out[addr], "ssh_keys is not declared any more: the keys stay, and nothing watches over them")
		}
	}
	return out
}
