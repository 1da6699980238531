package ownership

import (
	"converge/internal/resource"
	"converge/resources"
)

// NoteDropped returns what the plan says of resources that do not declare any more what they declared
// in the last run, where that stays on the host and no attribute shows it.
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
