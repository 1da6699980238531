package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// notePrune is what becomes of an orphan that --prune removes, without --prune.
const notePrune = "no longer declared; --prune removes it"

// releaseNotEmpty releases directories with entries that this run does not
// remove. Without --prune it only reports them.
func (r *orphanReviewer) releaseNotEmpty(ctx context.Context) {
	goes := map[string]bool{}
	for i := range r.orphans {
		if s := &r.orphans[i]; s.removable() || s.note == notePrune {
			goes[s.Key] = true
		}
	}
	// The deepest directory is decided first: one that stays keeps its
	// parents.
	order := make([]int, len(r.orphans))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(r.orphans[b].Key, r.orphans[a].Key) })
	for _, i := range order {
		s := &r.orphans[i]
		removable := s.removable()
		if !removable && s.note != notePrune {
			continue
		}
		found := review(ctx, s.res, removalOf(s.res), resource.Outlook{Ask: resource.AskContent})
		if found.Blocked != nil {
			s.note = "left alone: " + r.oneLine(found.Blocked)
		}
		below := slices.DeleteFunc(found.Holds, func(p string) bool { return goes[assembly.PathKey+p] })
		switch {
		case len(below) > 0 && !removable: // as --prune would say
			s.note = "no longer declared; --prune keeps and releases it, for it is not empty: " + nameSome(below)
		case len(below) > 0:
			s.release, s.note = true, "no longer declared; kept and released, for it is not empty: "+nameSome(below)
		}
		if !s.removable() && s.note != notePrune {
			delete(goes, s.Key)
		}
	}
}

// nameSome names some of many paths, and counts the rest.
func nameSome(paths []string) string {
	const most = 3
	if len(paths) <= most {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
}
