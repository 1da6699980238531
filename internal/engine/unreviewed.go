package engine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/event"
	"converge/internal/resource"
)

// Unreviewed are the orphans of a run that does not prune, if there are many. They are counted, but their contents are
// not read: without --prune they stay as they are. The run reads those that it has to act on, and treats them like
// other orphans.
type Unreviewed struct {
	Kinds  map[string]int // number of orphans by kind
	Shared []string       // ledger keys of those that other sites declare too, sorted: only those sites keep them after the run

	// Read returns the orphans with the wanted keys.
	Read func(wanted func(key string) bool) []Orphan

	// ReadChosen returns the orphans that a function chooses by their keys, and by whether converge gave them a
	// content.
	ReadChosen func(chosen func(key string, hasContent bool) bool) []Orphan
}

// Total is the number of these orphans.
func (u *Unreviewed) Total() (n int) {
	for _, of := range u.Kinds {
		n += of
	}
	return n
}

// readConcerned reads the orphans that a planned change concerns: a purge of their directory removes them and notifies
// their targets, or a file is written as a whole and the records of its parts end. An apply also reads those that no
// longer exist.
func (r *orphanReviewer) readConcerned(ctx context.Context) {
	if r.unreviewed = r.o.Unreviewed; r.unreviewed == nil {
		return
	}
	var concerned []Orphan
	if len(r.purged) > 0 || r.isWholePending() {
		concerned = r.unreviewed.Read(func(key string) bool {
			_, purged := r.purged[key]
			return purged || r.isTakenOver(key)
		})
	}
	concerned = append(concerned, r.readGone(ctx, concerned)...)
	if len(concerned) == 0 {
		return
	}
	r.o.Orphans = append(slices.Clip(r.o.Orphans), concerned...)
	left, read := &Unreviewed{Kinds: maps.Clone(r.o.Unreviewed.Kinds)}, map[string]bool{}
	for i := range concerned {
		left.Kinds[concerned[i].Addr.Kind]--
		read[concerned[i].Key] = true
	}
	maps.DeleteFunc(left.Kinds, func(_ string, n int) bool { return n <= 0 })
	left.Shared = slices.DeleteFunc(slices.Clone(r.o.Unreviewed.Shared), func(key string) bool { return read[key] })
	r.unreviewed = left
}

// readGone returns the orphans that no longer exist, so that an apply forgets them: converge may not remove a later
// replacement, even one that happens to be equal. It omits those in but, which have been read.
func (r *orphanReviewer) readGone(ctx context.Context, but []Orphan) (gone []Orphan) {
	if r.o.Journal == nil {
		return nil
	}
	known := make(map[string]bool, len(but))
	for i := range but {
		known[but[i].Key] = true
	}
	mayBeGone := r.findMissing()
	for _, o := range r.unreviewed.ReadChosen(func(key string, hasContent bool) bool { return !known[key] && mayBeGone(key, hasContent) }) {
		if o.Kind == nil || o.Kind.Label == "" {
			continue
		}
		res, _, err := o.WantNoMore()
		if err != nil {
			continue
		}
		if have, err := observe(ctx, res); err == nil && resource.Diff(res, have).Empty() {
			gone = append(gone, o)
		}
	}
	return gone
}

// findMissing returns a function that selects the orphans that may be gone: those whose path does not exist, and those
// without a path, except where examining them means to read a content.
func (r *orphanReviewer) findMissing() func(key string, hasContent bool) bool {
	var paths []string
	r.unreviewed.ReadChosen(func(key string, _ bool) bool {
		if path, isPath := strings.CutPrefix(key, assembly.PathKey); isPath {
			paths = append(paths, path)
		}
		return false
	})
	find := r.Machine.FindMissing
	if find == nil {
		return func(_ string, hasContent bool) bool { return !hasContent }
	}
	missing := find(paths)
	return func(key string, hasContent bool) bool {
		path, isPath := strings.CutPrefix(key, assembly.PathKey)
		return isPath && missing[path] || !isPath && !hasContent
	}
}

// isWholePending reports whether a file is going to be written as a whole.
func (r *orphanReviewer) isWholePending() bool {
	for _, i := range r.wholes {
		if !r.steps[i].needsNothing() {
			return true
		}
	}
	return false
}

// isTakenOver reports whether a key names a part of such a file.
func (r *orphanReviewer) isTakenOver(key string) bool {
	path, _, isPart := resource.CutPartKey(key)
	i, whole := r.wholes[path]
	return isPart && whole && !r.steps[i].needsNothing()
}

// reportUnreviewed reports how many orphans were not examined.
func (r *planReporter) reportUnreviewed() {
	u := r.unreviewed
	if u == nil || u.Total() == 0 {
		return
	}
	r.Events.Emit(event.Event{Type: event.Undeclared, Time: r.Now().Wall, Total: u.Total(), Kinds: u.Kinds, Shared: len(u.Shared)})
}

// ListPutBack lists the ledger keys of the orphans that prune restores.
func (p *Planned) ListPutBack() (keys []string) {
	for i := range p.plan.orphans {
		if o := &p.plan.orphans[i]; o.Past != nil {
			keys = append(keys, o.Key)
		}
	}
	return keys
}
