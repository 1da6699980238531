package archives

import (
	"context"
	"fmt"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// reviewTrimmed reviews the removal of the trees that are kept beside one which is replaced, and
// for which there is no room once that is kept, too. What others had in the tree when it was replaced has
// lain in them since.
func (v reviewer) reviewTrimmed(ctx context.Context, w resources.ArchiveWant, at string, r *resource.Review) error {
	old, err := v.listTrimmed(at, max(0, keptTrees(w)-1))
	if err != nil || len(old) == 0 {
		return err
	}
	lists, err := v.records.readAll(v.key(w))
	if err != nil {
		return err
	}
	claims := v.claimsIn(at)
	wasUnpacked := func(rel string) claim {
		for _, l := range lists {
			if _, known := l.find(rel); known && (l.Link != "") == w.Link.Set {
				return claimsAll
			}
		}
		return claims(rel)
	}
	for _, p := range old {
		top, there, err := v.lookAtTree(p)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		t, err := v.readTree(ctx, p, top, nil)
		if err != nil {
			return err
		}
		extra := extras(&list{}, t, wasUnpacked)
		if len(extra) == 0 {
			continue
		}
		for _, rel := range extra {
			r.Removes = append(r.Removes, resource.EncodeBytes(path.Join(p, rel)))
		}
		r.Notes = append(r.Notes, fmt.Sprintf("removes %s, which an earlier run has replaced, with %s that converge did not unpack: %s", quote(p), count(len(extra), "path"), nameSome(extra)))
	}
	return nil
}
