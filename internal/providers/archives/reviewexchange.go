package archives

import (
	"context"
	"errors"
	"fmt"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// reviewExchange reviews the exchange of a tree for the content of an archive.
func (v reviewer) reviewExchange(ctx context.Context, w resources.ArchiveWant, s *state, source *list, r *resource.Review) error {
	if err := refuseMounted(s.tree); err != nil {
		return err
	}
	if source != nil {
		if err := source.checkCarried(s.tree.at, v.declared.carriedBelow(s.tree.at, source)); err != nil {
			return err
		}
	}
	extra, err := v.findExtras(w, s, source)
	if err != nil {
		return err
	}
	if s.list == nil && source == nil {
		r.Notes = append(r.Notes, "converge has no list of what is there: it fetches the archive and compares, and replaces the folder only if it differs")
	}
	switch {
	case len(extra) == 0:
	case w.Keeps() == 1:
		for _, rel := range extra {
			r.Removes = append(r.Removes, resource.EncodeBytes(path.Join(s.tree.at, rel)))
		}
		r.Leaves = append(r.Leaves, listWithin(s.tree, extra)...)
	default:
		r.Leaves = append(r.Leaves, listWithin(s.tree, extra)...)
		r.Notes = append(r.Notes, fmt.Sprintf("%s that converge did not unpack %s with the old tree: %s", count(len(extra), "path"), plural(len(extra), "goes", "go"), nameSome(extra)))
	}
	v.reviewForeign(s, source, r)
	if err := v.reviewTrimmed(ctx, w, s.tree.at, r); err != nil {
		return err
	}
	if w.Keeps() == 1 {
		r.Notes = append(r.Notes, "the old tree is removed, because keep = 1: the run cannot be taken back")
		r.Lasting = errors.New("the old tree is removed, because keep = 1")
	} else {
		r.Notes = append(r.Notes, "the old tree is kept beside the new one, as "+quote(path.Join(path.Dir(s.tree.at), keptPrefix(path.Base(s.tree.at))+"RUN")))
	}
	return nil
}

// listWithin lists the paths of entries of a tree with all that is in them.
func listWithin(t *tree, rels []string) (paths []string) {
	tops := make(map[string]bool, len(rels))
	for _, rel := range rels {
		tops[rel] = true
	}
	for _, rel := range t.order {
		if tops[rel] = tops[rel] || tops[above(rel)]; tops[rel] {
			paths = append(paths, resource.EncodeBytes(path.Join(t.at, rel)))
		}
	}
	return paths
}

// reviewForeign names the files in which another site has something, and which the new tree replaces. For an archive
// that has to be fetched they are all files of the old tree.
func (v reviewer) reviewForeign(s *state, source *list, r *resource.Review) {
	if source == nil {
		source = s.list
	}
	if source == nil {
		return
	}
	for _, rel := range v.declared.foreignBelow(s.tree.at) {
		e, known := source.find(rel)
		if live, there := s.tree.entries[rel]; !known || !there || (comparison{times: true}).isUnpacked(e, live) {
			continue
		}
		p := path.Join(s.tree.at, rel)
		r.Removes = append(r.Removes, resource.EncodeBytes(p))
		r.Notes = append(r.Notes, quote(p)+" is made anew, without what another site declares in it: the next run of that site adds it")
	}
}

// findExtras returns the entries of a tree that converge did not unpack. A folder that is
// unknown as a whole is refused if it holds such things.
func (v reviewer) findExtras(w resources.ArchiveWant, s *state, source *list) ([]string, error) {
	claims := v.claimsIn(s.tree.at)
	switch {
	case s.list != nil:
		return extras(s.list, s.tree, claims), nil
	case source == nil:
		return nil, nil // known once it is fetched
	}
	extra := extras(source, s.tree, claims)
	if !w.Force.Value {
		return nil, refuseExtras(s.tree, extra)
	}
	return extra, nil
}
