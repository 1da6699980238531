package edit

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"converge/internal/resource"
)

// reviewRemains notes that the file which converge made for a part stays: the part is no longer in it, so nothing
// removes the file. A file that should contain a part has to stay.
func (p recorder) reviewRemains(ctx context.Context, c resource.Change) (r resource.Review) {
	w, err := p.decode(ctx, c.Want)
	if err != nil || !w.IsAbsent() {
		return r
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing || !p.isMadeFor(c.Key, &w, src) || (candidates{p.Provider}).isNeeded(ctx, src.path) {
		return r
	}
	r.Notes = []string{fmt.Sprintf("the file %s, which converge made for it, was changed since, and stays", strconv.Quote(resource.EncodeBytes(src.path)))}
	return r
}

// isMadeFor reports whether converge made a file for a part that is taken back or no longer declared.
func (p recorder) isMadeFor(key string, w *part, src *source) bool {
	if w.Was != nil {
		return p.isMaker(w, src)
	}
	if _, ok := p.Ledger.(Founded); !ok {
		return false
	}
	past := p.readPast(key)
	return past != nil && past.Created && p.isStillOurs(past, src)
}

// isNeeded reports whether something is declared to be in the file at a physical path.
func (p candidates) isNeeded(ctx context.Context, path string) bool {
	d := p.declared
	d.mu.Lock()
	defer d.mu.Unlock()
	p.decodeDeclared(ctx)
	return slices.ContainsFunc(d.partsAt(path), func(m declaredPart) bool { return !m.want.IsAbsent() })
}

// noteSections notes which sections stay that converge had made for removed parts.
func (s *set) noteSections(notes map[resource.Addr]string) {
	if s.edited == nil || !slices.ContainsFunc(s.members, func(m member) bool { return len(m.back) > 0 }) {
		return
	}
	for k, name := range s.edited.SectionsLeft() {
		if name != "" && k < len(s.made.members()) {
			m := s.members[s.made.of[k]]
			notes[m.addr] = fmt.Sprintf("the section %s, which converge made, stays in %s: others have something in it", name, s.src.path)
		}
	}
}

// sectionNote is the note on the section of a part of the plan; "": there is none.
func (p recorder) sectionNote(a resource.Addr) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sections[a]
}
