package ownership

import (
	"slices"
	"strings"

	"converge/internal/engine"
	"converge/internal/journal"
)

// findForgotten returns, as orphans, the things that the manifest has forgotten and
// that the ledger still holds for this site.
func (o *Ledger) findForgotten() []engine.Orphan {
	if len(o.Site.Forget) == 0 {
		return nil
	}
	things := o.State.ListThings(o.ID, func(e journal.LedgerEntry) bool {
		named := slices.ContainsFunc(o.Site.Forget, func(name string) bool { return MatchKey(name, e.Key) })
		return named && !o.Site.Identity.Declares(e.Key)
	})
	out := make([]engine.Orphan, len(things))
	for i, e := range things {
		out[i] = o.readOrphan(e)
		out[i].Forget, out[i].Past = true, nil
	}
	return out
}

// MatchKey reports whether a name means a key; * in the name matches any
// characters.
func MatchKey(name, key string) bool {
	if name == key {
		return true
	}
	first, rest, any := strings.Cut(name, "*")
	key, ok := strings.CutPrefix(key, first)
	for ok && any {
		first, rest, any = strings.Cut(rest, "*")
		if !any {
			return strings.HasSuffix(key, first)
		}
		_, key, ok = strings.Cut(key, first)
	}
	return ok && key == ""
}
