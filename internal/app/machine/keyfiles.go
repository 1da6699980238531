package machine

import (
	"context"
	"strings"

	"converge/internal/journal"
	"converge/internal/providers/access"
	"converge/internal/resource"
	"converge/resources"
)

// FindKeys returns the path of the file in which sshd looks for the keys of a user; "": it is not known.
func FindKeys(ctx context.Context, m *Machine, user string) string {
	return m.logins.LocateKeys(ctx, user)
}

// FindKeysNow is FindKeys for the user's present home, if this site declares another one.
func FindKeysNow(ctx context.Context, m *Machine, user string) string {
	return access.LocateKeysNow(ctx, m.logins, user)
}

// keyFiles finds the files of the keys of users.
type keyFiles struct{ *Machine }

// list lists the key files of users for which this site or another one declares all keys: only the machine knows their
// places, so no key names them.
func (m keyFiles) list(ctx context.Context) (own, others []string) {
	add := func(to []string, r *resource.Resource) []string {
		if r == nil || !resources.DeclaresKeys(r) {
			return to
		}
		if at := FindKeys(ctx, m.Machine, r.Label()); at != "" {
			to = append(to, at)
		}
		return to
	}
	for _, r := range m.Site.Resources {
		own = add(own, r)
	}
	isUser := func(key string) bool { return strings.HasPrefix(key, "user:") }
	for _, e := range m.State.LedgerOf(m.ID).ListOfOthers(isUser) {
		for _, h := range e.Holds {
			others = add(others, m.readKept(h.Kept))
		}
	}
	return own, others
}

// readKept returns a site's declaration of a resource; nil: that is not known.
func (m keyFiles) readKept(k journal.Kept) *resource.Resource {
	return m.State.ReadTarget(resource.Addr{Kind: k.Kind}, k.Want, m.Site.Kind(k.Kind))
}
