package service

import (
	"context"
	"path"
	"slices"
)

// A rollback of a change of links wants exactly the links of before: it removes those that the run has made, and makes
// those that it has removed. Links that others have made stay.

// isExact reports whether single links are wanted.
func (w wanted) isExact() bool { return len(w.madeLinks)+len(w.removedLinks) > 0 }

// applyExact changes links as restoreLinks does.
func (w wanted) applyExact(b bootLinks) {
	for l := range w.madeLinks {
		delete(b, l)
	}
	for l, target := range w.removedLinks {
		if b[l] == "" {
			b[l] = target
		}
	}
}

// findUnrestored returns the links that a rollback still has to remove and to make. A link that leads elsewhere by now
// is another one.
func (u unitLinks) findUnrestored(w wanted) (made, removed []string, err error) {
	for l, target := range w.madeLinks {
		is, err := u.readLink(l)
		if err != nil {
			return nil, nil, err
		}
		if is != "" && isSameUnitFile(targetPath(l, is), targetPath(l, target)) {
			made = append(made, l)
		}
	}
	for l := range w.removedLinks {
		if u.lacks(l) {
			removed = append(removed, l)
		}
	}
	slices.Sort(made)
	slices.Sort(removed)
	return made, removed, nil
}

// isRestored reports whether a rollback has nothing to remove or to make.
func (u unitLinks) isRestored(w wanted) (bool, error) {
	if !w.isExact() {
		return false, nil
	}
	made, removed, err := u.findUnrestored(w)
	return len(made)+len(removed) == 0, err
}

// restoreLinks removes the links that a run has made, and makes those that it has removed.
func (u unitLinks) restoreLinks(ctx context.Context, w wanted) (changed bool, err error) {
	u.forget()
	defer u.forget()
	made, removed, err := u.findUnrestored(w)
	if err != nil {
		return false, err
	}
	for _, l := range removed {
		if err := u.fs.MakeLink(ctx, "service", path.Clean(l), w.removedLinks[l]); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed || len(made) > 0, u.removeLinks(ctx, made)
}
