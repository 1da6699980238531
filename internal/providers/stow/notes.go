package stow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// Review implements [resource.Reviewer]: how many links a change is about, and
// who has taken over what is left alone.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast {
		return r
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w, err := parseWish(c.Want)
	if err != nil {
		return r
	}
	y, f, err := p.look(ctx, w)
	switch {
	case err != nil:
	case c.Empty() && f.left != "":
		r.Owner = leftNote(f)
	case !c.Empty() && f.err == nil:
		r.Notes = y.notes(ctx, w, f)
	}
	return r
}

// notes tell how many links a change of a package is about, and what else it does.
func (y *yard) notes(ctx context.Context, w wish, f *finding) []string {
	var notes []string
	if f.state.Interrupted {
		notes = append(notes, fmt.Sprintf("its change to %s was interrupted: that is finished first", f.state.To))
	} else {
		notes = append(notes, f.summary(w)+f.where(y))
		notes = append(notes, y.configNotes(ctx, w, f)...)
	}
	if f.force {
		if foreign, err := y.foreign(w.name, f.state); err == nil {
			notes = append(notes, "taken over (adopt = true): "+foreign)
		}
	}
	return notes
}

// summary is a change in one line: "foo 1.1 → 1.2: 37 links change, 2 added".
func (f *finding) summary(w wish) string {
	from, to := f.installed(), control.ByName(f.goal)
	c := f.counts
	head := w.name
	switch {
	case w.gone():
		head += " " + from
	case from == "" || from == to:
		head += " " + to
	default:
		head += " " + from + " → " + to
	}
	if from == to && !w.gone() {
		return head + ": " + f.damage(c)
	}
	return head + ": " + linkWords(c, "change", "changes", "added", "removed")
}

// linkWords counts links: "37 links change, 2 added". The first count has the
// noun; words are for one or more that change, are added and are removed.
func linkWords(c store.Counts, change, changes, added, removed string) string {
	var parts []string
	add := func(n int, word string) {
		if n == 0 {
			return
		}
		noun := ""
		if len(parts) == 0 {
			noun = " links"
			if n == 1 {
				noun = " link"
			}
		}
		parts = append(parts, fmt.Sprintf("%d%s %s", n, noun, word))
	}
	if c.Changed == 1 {
		change = changes
	}
	add(c.Changed, change)
	add(c.Added, added)
	add(c.Removed, removed)
	if len(parts) == 0 {
		return "no link changes"
	}
	return strings.Join(parts, ", ")
}

// damage describes the damage to the links of a version that stays, with places.
func (f *finding) damage(c store.Counts) string {
	var paths []string
	for _, op := range f.plan.Ops {
		if (op.Kind == farm.Link || op.Kind == farm.Unlink) && !slices.Contains(paths, op.Path) {
			paths = append(paths, op.Path)
		}
	}
	if len(paths) == 0 {
		return "what is recorded of it changes, and no link"
	}
	more := ""
	if len(paths) > maxTold {
		more = fmt.Sprintf(" and %d more", len(paths)-maxTold)
		paths = paths[:maxTold]
	}
	return linkWords(c, "changed", "changed", "missing", "stale") + ": " + strings.Join(paths, ", ") + more
}

// where names the target where it is not the stow directory's own.
func (f *finding) where(y *yard) string {
	if y.store != nil && y.store.IsView() {
		return " (in the view " + y.at.target + ")"
	}
	return ""
}
