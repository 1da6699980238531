package ownership

import (
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
	"converge/resources"
)

// folders are the archives of this site and the folders that it purges, by their paths and by those of all folders
// above them.
type folders struct {
	archives map[string]*resource.Resource
	inside   map[string][]inFolder
}

type inFolder struct {
	path   string
	r      *resource.Resource
	purges bool
}

func (f *folders) add(r *resource.Resource) {
	p, isPath := strings.CutPrefix(r.Key, assembly.PathKey)
	isArchive, purges := r.Kind.Name == "archive", resources.Purges(r)
	if !isPath || !isArchive && !purges || !r.IsEnforced() || r.WantsAbsent() {
		return
	}
	if f.inside == nil {
		f.archives, f.inside = map[string]*resource.Resource{}, map[string][]inFolder{}
	}
	if in := (inFolder{p, r, purges}); isArchive {
		f.archives[p] = r
	} else {
		f.inside[p] = append(f.inside[p], in)
	}
	assembly.EachFolder(p, func(dir string) { f.inside[dir] = append(f.inside[dir], inFolder{p, r, purges}) })
}

// mayMeet reports whether an archive at a path could meet any of them.
func (f *folders) mayMeet(path string) bool {
	if f.inside == nil { // the usual case
		return false
	}
	meets := f.archives[path] != nil || f.inside[path] != nil
	assembly.EachFolder(path, func(dir string) { meets = meets || f.archives[dir] != nil })
	return meets
}

// findOverlap returns the archive or the purge of this site that removes what an archive of another site unpacks; nil:
// there is none.
func (o *Ledger) findOverlap(e other, f *folders) *contradiction {
	p, isPath := strings.CutPrefix(e.LedgerEntry.Key, assembly.PathKey)
	if !isPath || e.LedgerEntry.Addr.Kind != "archive" || f.inside == nil {
		return nil
	}
	const unpacks = "unpacks an archive there"
	theirs := o.readDeclared(e.LedgerEntry)
	if r := f.archives[p]; r != nil && theirs != nil && resources.UnpacksAnother(theirs, r) {
		return newContradiction(r, e.LedgerEntry, fmt.Sprintf("unpacks another archive to %q", p), unpacks, adviceParts)
	}
	var above *resource.Resource
	assembly.EachFolder(p, func(dir string) {
		if r := f.archives[dir]; r != nil && !resources.HasVersions(r) {
			above = r
		}
	})
	if above != nil {
		return newContradiction(above, e.LedgerEntry, fmt.Sprintf("replaces all that is around %q", p), unpacks, adviceParts)
	}
	for _, in := range f.inside[p] {
		switch {
		case in.purges && (in.path == p || o.Unpacked != nil && o.Unpacked(p, in.path)):
			return newContradiction(in.r, e.LedgerEntry, fmt.Sprintf("purges %q", in.path), fmt.Sprintf("unpacks an archive to %q", p), adviceParts)
		case !in.purges && (theirs == nil || !resources.HasVersions(theirs)):
			return newContradiction(in.r, e.LedgerEntry, fmt.Sprintf("unpacks an archive to %q", in.path), fmt.Sprintf("replaces all of %q", p), adviceParts)
		}
	}
	return nil
}
