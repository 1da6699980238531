package ownership

import (
	"converge/internal/resource"
	"converge/resources"
)

// findKeys returns all keys of a user (ssh_keys) as a part of their file, which only the machine knows; nil: the
// resource declares none.
func findKeys(r *resource.Resource, keyFile func(user string) string, read resources.Reader) (keys *resource.Resource, file string) {
	if r == nil || keyFile == nil || !resources.DeclaresKeys(r) {
		return nil, ""
	}
	if file = keyFile(r.Label()); file == "" {
		return nil, ""
	}
	return resources.KeysIn(file, r, read), file
}
