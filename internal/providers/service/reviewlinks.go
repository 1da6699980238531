package service

import (
	"context"
	"fmt"
	"path"
	"strings"

	"converge/internal/resource"
)

// reviewLinks reviews the links that a change makes to enable a unit: it notes those that complete an enabled one, and
// refuses names that are taken.
func (m *machine) reviewLinks(ctx context.Context, w wanted, b backend, c resource.Change, o resource.Outlook) (r resource.Review) {
	if !isTrue(w.enabled) || !c.Differs("enabled") || w.isExact() {
		return r
	}
	_, files, err := m.open()
	if err != nil {
		return r
	}
	st, err := b.read(ctx, w)
	switch {
	case err != nil || !st.exists:
	case st.file == fileEnabled:
		r.Notes = st.gaps.note()
	case o.Pending == resource.NothingPending:
		links := unitLinks{files}
		if err = links.checkAliases(st.id); err == nil && o.Expected != nil {
			err = links.checkPlanned(st.id, resource.Index(o.Expected, links.indexAliases))
		}
		if err != nil {
			r.Blocked = fmt.Errorf("cannot enable unit %s: %w", w.unit, err)
		}
	}
	return r
}

// note says what closing the gaps does, in a note each.
func (g gaps) note() (notes []string) {
	if len(g.missing) > 0 {
		notes = append(notes, "it starts at boot already, and gets what its [Install] section asks for besides: "+strings.Join(g.missing, ", "))
	}
	if len(g.stale) > 0 {
		notes = append(notes, "its [Install] section does not ask any more for these, so they go: "+strings.Join(g.stale, ", "))
	}
	return notes
}

// indexAliases returns the unit that first gets each other name in a plan.
func (u unitLinks) indexAliases(e *resource.Expected) map[string]string {
	first := map[string]string{}
	for _, c := range e.Changes {
		w, err := decodeWanted(c.Want)
		if err != nil || !isTrue(w.enabled) || !c.Differs("enabled") {
			continue
		}
		for _, alias := range u.listAliases(w.unit) {
			if first[alias] == "" {
				first[alias] = w.unit
			}
		}
	}
	return first
}

// checkPlanned refuses other names of a unit that another unit gets first.
func (u unitLinks) checkPlanned(unit string, first map[string]string) error {
	for _, alias := range u.listAliases(unit) {
		if by := first[alias]; by != "" && by != unit && u.nameEnabled(by) != u.nameEnabled(unit) {
			return fmt.Errorf("its [Install] section has Alias=%s, and so has that of unit %s; one of the two must go", path.Base(alias), by)
		}
	}
	return nil
}
