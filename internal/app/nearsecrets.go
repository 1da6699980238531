package app

import (
	"slices"
	"strings"

	"converge/internal/journal"
	"converge/internal/resource"
)

// secretFinder finds the files with sensitive parts.
type secretFinder struct{ *session }

// findSecretFiles returns the files with a part that is sensitive, or was when converge wrote
// it last. former are the things of which something was, with the names of the attributes.
func (s secretFinder) findSecretFiles(former map[string]map[string]bool) map[string]bool {
	files := map[string]bool{}
	add := func(paths []string) {
		for _, p := range paths {
			files[p] = true
		}
	}
	for _, r := range s.site.Resources {
		if isSecretBesideRecord(r.Kind, r.Secret) || isSecretBesideRecord(r.Kind, former[r.Key]) {
			add(s.findFilesOf(r))
		}
	}
	if len(former) == 0 {
		return files // as is most often so, and the ledger need not be read in full
	}
	for _, e := range s.state.ListThings(journal.Site{}, func(e journal.LedgerEntry) bool { return former[e.Key] != nil }) {
		if !isSecretBesideRecord(s.site.Kind(e.Addr.Kind), former[e.Key]) {
			continue
		}
		if p, _, isPart := resource.CutPartKey(e.Key); isPart {
			add([]string{p})
		}
		for _, h := range e.Holds {
			add(h.Within)
		}
	}
	return files
}

// isSecretBesideRecord reports whether more than the record of a thing is secret: that is
// so of each part of a file that has a sensitive one.
func isSecretBesideRecord(k *resource.Kind, names map[string]bool) bool {
	for name, secret := range names {
		if secret && (k == nil || name == "" || name != k.RecordAttr) {
			return true
		}
	}
	return false
}

// findFilesOf returns the files that a resource edits in parts, by all their names.
func (s secretFinder) findFilesOf(r *resource.Resource) []string {
	paths := slices.Clone(s.site.Identity.FilesOf(r.Key).Within)
	if p, _, isPart := resource.CutPartKey(r.Key); isPart {
		return append(paths, p)
	}
	if strings.HasPrefix(r.Key, "path:") || r.Kind.Links == nil { // as most are
		return paths
	}
	return append(paths, r.Links().Within...)
}

// recordsSecrets reports whether the record of a change holds bytes of one of the files.
func (s secretFinder) recordsSecrets(c resource.Change, files map[string]bool) bool {
	r := &resource.Resource{Addr: c.Addr, Kind: c.Kind, Key: c.Key, Want: c.Want}
	return len(files) > 0 && slices.ContainsFunc(s.findFilesOf(r), func(p string) bool { return files[p] })
}
