package ownership

import (
	"converge/internal/resource"
	"converge/resources"
)

// findKeys returns all keys of a user (ssh_keys) as the part that they are of their file, which only the machine
// knows; nil: the resource declares none.
func (o *Ledger) findKeys(r *resource.Resource, read resources.Reader) (keys *resource.Resource, file string) {
	if r == nil || o.KeyFile == nil || !resources.DeclaresKeys(r) {
		return nil, ""
	}
	if file = o.KeyFile(r.Label()); file == "" {
		return nil, ""
	}
	return resources.KeysIn(file, r, read), file
}
