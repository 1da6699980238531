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

// Unreviewed are the orphans of a run that does not prune, where they are many. They are counted, and no content of them is
// looked at: without --prune they stay as they are. Those about which the run does something even so are read,
// and are orphans like others.
type Unreviewed struct {
	Kinds  map[string]int // how many are of a kind
	Shared []string       // ledger keys of those that other sites declare, too, sorted: they are theirs alone after the run

	// Read returns those with the keys that are asked for.
	Read func(wanted func(key string) bool) []Orphan

	// ReadWithoutContent returns those with the keys that are asked for that have no content which tells
	// who made them.
	ReadWithoutContent func(wanted func(key string) bool) []Orphan
}

// Total is how many there are.
func (u *Unreviewed) Total() (n int) {
	for _, of := range u.Kinds {
		n += of
	}
	return n
}

// readConcerned makes orphans of those that are not to be reviewed and that a planned change is about: they go along with
// a directory that is purged, and notify what they notified, or are parts of a file that is written as a whole, whose
// records end with that. So does an apply with those that are gone.
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

// readGone returns those of which an apply lets go, because they are not there any more: what comes
// to their place later is not converge's to remove, and they have no content that would tell. but are read already.
func (r *orphanReviewer) readGone(ctx context.Context, but []Orphan) (gone []Orphan) {
	if r.o.Journal == nil {
		return nil
	}
	known := make(map[string]bool, len(but))
	for i := range but {
		known[but[i].Key] = true
	}
	for _, o := range r.unreviewed.ReadWithoutContent(func(key string) bool { return !known[key] && r.mayBeGone(key) }) {
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

// mayBeGone reports whether what has a key may be gone, as far as one look tells: most of a site is paths.
func (r *orphanReviewer) mayBeGone(key string) bool {
	path, isPath := strings.CutPrefix(key, assembly.PathKey)
	return !isPath || r.Machine.IsThere == nil || !r.Machine.IsThere(path)
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

// isTakenOver reports whether a key is of a part of such a file.
func (r *orphanReviewer) isTakenOver(key string) bool {
	path, _, isPart := resource.CutPartKey(key)
	i, whole := r.wholes[path]
	return isPart && whole && !r.steps[i].needsNothing()
}

// reportUnreviewed tells how many orphans were not looked at.
func (r *planReporter) reportUnreviewed() {
	u := r.unreviewed
	if u == nil || u.Total() == 0 {
		return
	}
	r.Events.Emit(event.Event{Type: event.Undeclared, Time: r.Now().Wall, Total: u.Total(), Kinds: u.Kinds, Shared: len(u.Shared)})
}

// ListPutBack lists the ledger keys of the orphans that prune puts back as they were.
func (p *Planned) ListPutBack() (keys []string) {
	for i := range p.plan.orphans {
		if o := &p.plan.orphans[i]; o.Past != nil {
			keys = append(keys, o.Key)
		}
	}
	return keys
}
