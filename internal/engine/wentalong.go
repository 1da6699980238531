package engine

import (
	"errors"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// wentAlong reports whether an undeclared thing, or one that a rollback takes back, was put back and has since been
// removed with the thing that contained it. It needs proof that the thing was inside a removed one; the lack of
// another explanation does not suffice.
func (r *plan) wentAlong(d drift) bool {
	hasNoPlace := errors.Is(d.err, resource.ErrNoPlace)
	if !r.isGivenBack(d.i) || !hasNoPlace && (d.err != nil || d.change.Action != resource.Create) {
		return false
	}
	for e := range r.Graph.After(d.i) {
		if r.isMadeSince(e.To, d.i) && resource.WantsAbsent(r.Resources[e.To].Want) && wasIn(r.Resources[d.i], r.Resources[e.To], hasNoPlace) {
			return true
		}
	}
	return false
}

// isUncovered reports whether an undeclared thing, or one that a rollback takes back, was removed, and another thing
// is there now: a mount that hid it was removed since, or a new mount covers the place.
func (r *plan) isUncovered(d drift) bool {
	if !r.isGivenBack(d.i) || d.err != nil || d.change.Action != resource.Delete {
		return false
	}
	path := d.change.Path()
	for j := range r.steps {
		covers := ""
		if r.isMadeSince(j, d.i) {
			covers = r.Resources[j].Links().Covers
		}
		if covers != "" && isBelow(path, covers) {
			return true
		}
	}
	return false
}

// isGivenBack reports whether nothing declares a resource: it is an orphan, or a step of a rollback.
func (r *plan) isGivenBack(i int) bool { return r.orphanAt[i] != nil || r.Undo != nil }

// isMadeSince reports whether the run has changed j, and not before it changed i. A resource that was right when the
// run began was right before all changes.
func (r *plan) isMadeSince(j, i int) bool {
	return j != i && r.steps[j].state == changed && r.steps[j].made >= r.steps[i].made
}

// wasIn reports whether a thing was inside a removed one: at a path below it or in its file, or because one needs a
// key of the other. Files of a removed user stay. hasNoPlace means that the provider reports the container of the
// thing as missing.
func wasIn(res, removed *resource.Resource, hasNoPlace bool) bool {
	own, theirs := res.Links(), removed.Links()
	for _, dir := range slices.Concat(pathsAmong(slices.Concat(theirs.Provides, theirs.Shares)), theirs.Folders) {
		if slices.ContainsFunc(placesOf(res, own), func(p string) bool { return isBelow(p, dir) }) {
			return true
		}
	}
	if theirs.RemovesOwner && !hasNoPlace {
		return false
	}
	return needsAny(own, theirs.Provides) || needsAny(theirs, own.Provides)
}

// placesOf lists the paths of a thing, and the files that it is a part of.
func placesOf(res *resource.Resource, l resource.Links) []string {
	paths := slices.Concat(pathsAmong(l.Provides), l.Within)
	if file, _, ok := resource.CutPartKey(res.Key); ok {
		paths = append(paths, file)
	}
	return paths
}

// pathsAmong lists the paths that keys name, without folders that are made on the way.
func pathsAmong(keys []string) (paths []string) {
	for _, key := range keys {
		if p, ok := strings.CutPrefix(key, assembly.PathKey); ok && !strings.HasSuffix(p, "/") {
			paths = append(paths, p)
		}
	}
	return paths
}

// needsAny reports whether a thing needs one of the keys, except those of paths.
func needsAny(l resource.Links, keys []string) bool {
	return slices.ContainsFunc(l.Needs, func(n resource.Need) bool {
		return !strings.HasPrefix(n.Key, assembly.PathKey) && slices.Contains(keys, n.Key)
	})
}

// isBelow reports whether a path is another one, or below it.
func isBelow(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
