package edit

import (
	"context"
	"path"
	"sync"

	"converge/internal/resource"
)

// reviewContent lists the file that is removed with an undeclared part, and the folder that was made for it: a
// directory around them is empty then. with are the other changes that are made together.
func (p candidates) reviewContent(ctx context.Context, c resource.Change, with []resource.Change) (r resource.Review) {
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return r // the change itself reports that
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing {
		return r
	}
	cs, isAmong := p.together.partsOf(src.path, c.Key, with, p.physicalOf)
	if !isAmong {
		return p.reviewGone(ctx, src, append([]resource.Change{c}, cs...))
	}
	return p.together.answer(src.path, with, func() resource.Review { return p.reviewGone(ctx, src, cs) })
}

// reviewGone lists everything that is removed with a file once the changes of its parts are made.
func (p candidates) reviewGone(ctx context.Context, src *source, cs []resource.Change) (r resource.Review) {
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

// together is the last list of changes that are made together: the question comes for each change in turn, and the
// parts of one file have one answer.
type together struct {
	mu      sync.Mutex
	list    []resource.Change
	parts   map[string][]resource.Change // of the list, by the physical paths of their files
	keys    map[string]bool              // the keys of these
	answers map[string]resource.Review   // by the same
}

// isAbout reports whether that is the same list, and not only an equal one.
func (t *together) isAbout(list []resource.Change) bool {
	return len(list) > 0 && len(list) == len(t.list) && &list[0] == &t.list[0]
}

// partsOf lists the changes that concern parts of a file, and reports whether a key is among them.
func (t *together) partsOf(file, key string, list []resource.Change, physicalOf func(string) string) (cs []resource.Change, isAmong bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.isAbout(list) {
		t.list, t.parts, t.keys, t.answers = list, map[string][]resource.Change{}, map[string]bool{}, map[string]resource.Review{}
		for _, c := range list {
			if at, _, isPart := resource.CutPartKey(c.Key); isPart {
				at = physicalOf(resource.DecodeBytes(at))
				t.parts[at], t.keys[c.Key] = append(t.parts[at], c), true
			}
		}
	}
	return t.parts[file], t.keys[key]
}

// answer returns the review of a file after the changes of a list.
func (t *together) answer(file string, list []resource.Change, find func() resource.Review) resource.Review {
	t.mu.Lock()
	r, known := t.answers[file]
	known = known && t.isAbout(list)
	t.mu.Unlock()
	if known {
		return r
	}
	r = find()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.isAbout(list) {
		t.answers[file] = r
	}
	return r
}

// forget forgets it: files may have changed.
func (t *together) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list, t.parts, t.keys, t.answers = nil, nil, nil, nil
}
