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
		if !r.Off {
			for _, p := range resources.PartsIn(r) {
				parts[p] = r
			}
		}
	}
	if len(whole)+len(parts) == 0 {
		return nil
	}
	var errs []error
	refused := map[*resource.Resource]bool{}
	for _, e := range o.State.EntriesOfOthers(o.ID, func(key string) bool { return mayMeet(key, whole, parts) }) {
		r, path, isFile := meets(e, whole, parts)
		if r == nil || refused[r] || isFile && e.Digest == "" { // a file with only a mode and an owner
			continue
		}
		refused[r] = true
		errs = append(errs, refuseBoth(r, e, path, isFile))
	}
	return errors.Join(errs...)
}

// mayMeet reports whether the thing of a key may be the whole of a file that has one of the
// parts, or a part of one of the whole files.
func mayMeet(key string, whole, parts map[string]*resource.Resource) bool {
	if p, ok := strings.CutPrefix(key, "path:"); ok {
		return parts[p] != nil
	}
	if p, _, ok := resource.CutPartKey(key); ok {
		return whole[p] != nil
	}
	return len(whole) > 0 // its entry names the files that it is in
}

// meets returns the resource that declares the whole of what an entry is a part of, or a part
// of what it is the whole of, and that file; nil: there is none.
func meets(e journal.LedgerEntry, whole, parts map[string]*resource.Resource) (r *resource.Resource, path string, isFile bool) {
	if p, ok := strings.CutPrefix(e.Key, "path:"); ok {
		return parts[p], p, true
	}
	if p, _, ok := resource.CutPartKey(e.Key); ok {
		return whole[p], p, false
	}
	for _, h := range e.Holds {
		for _, p := range h.Within {
			if whole[p] != nil {
				return whole[p], p, false
			}
		}
	}
	return nil, "", false
}

func refuseBoth(r *resource.Resource, e journal.LedgerEntry, path string, isFile bool) error {
	ours, theirs := "declares the whole of", "edits a part of"
	if isFile {
		ours, theirs = theirs, ours
	}
	return fmt.Errorf("%s (%s:%d) %s %q, and %s of %s %s it: remove one of them (a file with only mode and owner is fine)",
		r.Addr, r.Range.Filename, r.Range.Start.Line, ours, path, e.Addr, describeSite(e.Holds[0].Site), theirs)
}
