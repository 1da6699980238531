package edit

import (
	"context"
	"path"

	"converge/internal/resource"
)

// reviewContent lists the file that goes with a part which nothing declares any more, and the folder that was made
// for it: a directory around them is empty then. with are the other changes that go with it.
func (p candidates) reviewContent(ctx context.Context, c resource.Change, with []resource.Change) (r resource.Review) {
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return r // the change itself will say so
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing {
		return r
	}
	cs := []resource.Change{c}
	for _, other := range with {
		if at, _, isPart := resource.CutPartKey(other.Key); isPart && other.Key != c.Key && p.physicalOf(resource.DecodeBytes(at)) == src.path {
			cs = append(cs, other)
		}
	}
	sets, bad := p.sets(ctx, cs)
	if len(sets) != 1 || len(bad) > 0 || len(sets[0].build(p.where)) > 0 || !sets[0].isGone() {
		return r
	}
	r.Removes = []string{resource.EncodeBytes(src.path)}
	folder := path.Dir(src.path)
	for _, m := range sets[0].members {
		if m.past == nil || m.past.Folder != folder {
			continue
		}
		if names, err := p.FS.Names(folder); err == nil && len(names) == 1 {
			r.Removes = []string{resource.EncodeBytes(folder)}
		}
	}
	return r
}
