package ownership

import (
	"slices"

	"converge/internal/journal"
	"converge/internal/resource"
	"converge/resources"
)

// findOtherContent returns the resource of this site that declares another content of a file than another site wrote,
// or found, at that path, with the file; nil: there is none. A protected file is not written at all, and one to be
// absent is handed over.
func findOtherContent(o *Ledger, e journal.LedgerEntry, f filesOf, path string) (r *resource.Resource, file string) {
	if e.Digest == "" && !knowsContent(e) || isProtected(e) || !isOfOthers(e) {
		return nil, ""
	}
	if r := f.whole[path]; r != nil && writesAnother(o, e, r) {
		return r, path
	}
	if e.Addr.Kind != "timer" { // its digest is that of both its files
		return nil, ""
	}
	file = resources.ServiceOfTimer(path)
	if r := f.whole[file]; r != nil && r.Kind.Name != "timer" && !r.WantsAbsent() && len(r.Kind.Contents(r.Want)) > 0 {
		return r, file
	}
	return nil, ""
}

// isProtected reports whether a site protects the thing of an entry.
func isProtected(e journal.LedgerEntry) bool {
	return slices.ContainsFunc(e.Holds, func(h journal.Hold) bool { return h.Protected != "" })
}

// isOfOthers reports whether another site declares the content of an entry. If the others only declare mode and owner
// of a file, the content may be this site's.
func isOfOthers(e journal.LedgerEntry) bool {
	return !e.Shared || e.Addr.Kind != "file" || slices.ContainsFunc(e.Holds, func(h journal.Hold) bool { return h.Whole })
}

// writesAnother reports whether a resource declares contents, and none of them is the one of an entry.
func writesAnother(o *Ledger, e journal.LedgerEntry, r *resource.Resource) bool {
	contents := r.Kind.Contents(r.Want)
	if r.WantsAbsent() || len(contents) == 0 {
		return false
	}
	for _, b := range contents {
		digest, err := b.Digest()
		if err != nil { // writing it will report that
			return false
		}
		if hasContentOf(o, e, digest) {
			return false
		}
	}
	return true
}

// knowsContent reports whether another site has found a content, and the ledger has its digest.
func knowsContent(e journal.LedgerEntry) bool {
	return slices.ContainsFunc(e.Holds, func(h journal.Hold) bool { return h.Content != "" })
}

// hasContentOf reports whether the content that converge wrote last, or otherwise one that another site found as
// declared, has that digest.
func hasContentOf(o *Ledger, e journal.LedgerEntry, digest string) bool {
	if e.Digest != "" {
		same, _ := o.State.Wrote(e.Key, digest)
		return same
	}
	return slices.ContainsFunc(e.Holds, func(h journal.Hold) bool { return o.State.IsSameContent(h.Content, digest) })
}
