package ownership

import (
	"errors"
	"fmt"
	"strings"

	"converge/internal/journal"
	"converge/internal/resource"
	"converge/resources"
)

// RefuseWholeAndPart refuses files that this site declares as a whole and another one
// in parts, or the other way round: each run of one would undo the other.
func (o *Ledger) RefuseWholeAndPart() error {
	whole, parts := map[string]*resource.Resource{}, map[string]*resource.Resource{}
	for _, r := range o.Site.Resources {
		for _, p := range resources.WholeFiles(r) {
			whole[p] = r
		}
		if p, _, ok := resource.CutPartKey(r.Key); ok && !r.Off {
			parts[p] = r
		}
	}
	if len(whole)+len(parts) == 0 {
		return nil
	}
	var errs []error
	refused := map[*resource.Resource]bool{}
	for _, e := range o.State.EntriesOfOthers(o.ID, func(key string) bool { return meets(key, whole, parts) != nil }) {
		r := meets(e.Key, whole, parts)
		isFile := strings.HasPrefix(e.Key, "path:")
		if refused[r] || isFile && e.Digest == "" { // a file with only a mode and an owner
			continue
		}
		refused[r] = true
		errs = append(errs, refuseBoth(r, e, isFile))
	}
	return errors.Join(errs...)
}

// meets returns the resource that declares the whole of what a key is a part of, or a part of
// what it is the whole of; nil: there is none.
func meets(key string, whole, parts map[string]*resource.Resource) *resource.Resource {
	if p, ok := strings.CutPrefix(key, "path:"); ok {
		return parts[p]
	}
	if p, _, ok := resource.CutPartKey(key); ok {
		return whole[p]
	}
	return nil
}

func refuseBoth(r *resource.Resource, e journal.LedgerEntry, isFile bool) error {
	ours, theirs := "declares the whole of", "edits a part of"
	path, _, _ := resource.CutPartKey(e.Key)
	if isFile {
		ours, theirs, path = theirs, ours, e.ID()
	}
	return fmt.Errorf("%s (%s:%d) %s %q, and %s of %s %s it: remove one of them (a file with only mode and owner is fine)",
		r.Addr, r.Range.Filename, r.Range.Start.Line, ours, path, e.Addr, describeSite(e.Holds[0].Site), theirs)
}
