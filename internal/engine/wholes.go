package engine

import (
	"context"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// findWholes maps the paths of files that are declared as a whole to their resources.
func (r *orphanReviewer) findWholes() map[string]int {
	out := map[string]int{}
	for i, res := range r.Resources {
		if res.Off || res.Audit || res.WantsAbsent() || res.Kind.Links == nil {
			continue
		}
		l := res.Links()
		for _, key := range l.Whole {
			if key == l.Provides[0] { // the key that identifies it on this machine
				key = res.Key
			}
			out[pathOfKey(key)] = i
		}
	}
	return out
}

// heirOf returns the resource that declares the whole file to which an orphan, a part, belongs: restoring the part
// would undo that declaration.
func (r *orphanReviewer) heirOf(o *Orphan) (i int, ok bool) {
	path, _, isPart := resource.CutPartKey(o.Key)
	if !isPart || len(o.Others) > 0 {
		return -1, false
	}
	i, ok = r.wholes[path]
	return i, ok
}

// isEditedBeside reports whether an orphan differs from what converge left, and not only in its parts.
func (r *orphanReviewer) isEditedBeside(ctx context.Context, s *orphanStep) bool {
	edited := r.o.isEdited(ctx, s)
	s.afterParts = edited && r.goesWithParts(&s.Orphan)
	return edited && !s.afterParts
}

// goesWithParts reports whether an orphan is a file whose parts are taken back before its removal. Only then it can be
// compared with what converge wrote.
func (r *orphanReviewer) goesWithParts(o *Orphan) bool {
	path, isFile := strings.CutPrefix(o.Key, assembly.PathKey)
	return isFile && slices.ContainsFunc(r.orphans, func(s orphanStep) bool {
		if !s.removable() && !s.awaitsPrune() {
			return false
		}
		in, _, isPart := resource.CutPartKey(s.Key)
		return isPart && in == path || slices.Contains(s.Within, path)
	})
}
