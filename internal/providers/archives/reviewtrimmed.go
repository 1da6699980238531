package archives

import (
	"context"
	"fmt"
	"path"
	"slices"

	"converge/internal/resource"
	"converge/resources"
)

// reviewTrimmed reviews the removal of kept trees beside a replaced one, which exceed the limit once that is kept,
// too. They still contain what others had in the tree when it was replaced.
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
		note := "removes " + quote(p) + ", which an earlier run has replaced"
		if extra := extras(&list{}, t, wasUnpacked); len(extra) > 0 {
			for _, rel := range extra {
				r.Removes = append(r.Removes, resource.EncodeBytes(path.Join(p, rel)))
			}
			note += fmt.Sprintf(", with %s that converge did not unpack: %s", count(len(extra), "path"), nameSome(extra))
		}
		r.Loses = append(r.Loses, "the older tree "+quote(p))
		r.Notes = append(r.Notes, note+fmt.Sprintf("; no rollback brings it back (keep = %d)", w.Keeps()))
	}
	return nil
}

// findTrimmed returns the paths of the older trees and versions that a change removes because of keep. w is no
// removal, and restores nothing.
func (r recorder) findTrimmed(ctx context.Context, w resources.ArchiveWant) ([]string, error) {
	old, err := r.findTrimmedTrees(ctx, w)
	if err != nil || !w.Link.Set {
		return old, err
	}
	was, err := r.readCurrent(w)
	if err != nil {
		return nil, err
	}
	versions, err := r.oldVersions(w, was)
	return slices.Concat(old, versions), err
}

// findTrimmedTrees returns those beside the place of the wanted version: none unless the tree there is replaced.
func (r recorder) findTrimmedTrees(ctx context.Context, w resources.ArchiveWant) ([]string, error) {
	at := r.placeOf(w)
	old, err := r.listTrimmed(at, max(0, keptTrees(w)-1))
	if err != nil || len(old) == 0 {
		return nil, err
	}
	top, there, err := r.lookAtTree(at)
	if err != nil || !there {
		return nil, err
	}
	s, err := (observer{r.base}).inspect(ctx, w, at, top)
	if err != nil || s.wanted && len(s.differing) == 0 {
		return nil, err
	}
	return old, nil
}
