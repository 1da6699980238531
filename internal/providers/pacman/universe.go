package pacman

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// universe is the set of packages installed after a transaction, as far as it is known.
type universe struct {
	was   map[string]*entry // installed before it
	now   map[string]*entry
	added []*entry
}

func newUniverse(installed []entry) *universe {
	was := make(map[string]*entry, len(installed))
	for i := range installed {
		was[installed[i].name] = &installed[i]
	}
	return newUniverseOf(was)
}

func newUniverseOf(was map[string]*entry) *universe { return &universe{was: was, now: maps.Clone(was)} }

func (u *universe) add(e *entry) {
	u.now[e.name] = e
	u.added = append(u.added, e)
}

// rivals lists the packages that conflict with an added one, as libalpm does: either of the two names the other in its
// conflicts, by its own name or a provided one.
func (u *universe) rivals(e *entry, added []*entry) (out []*entry) {
	for _, other := range u.now {
		if other.name != e.name && !slices.Contains(added, other) && (e.excludes(other) || other.excludes(e)) {
			out = append(out, other)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return out
}

func (e *entry) excludes(other *entry) bool {
	return slices.ContainsFunc(e.conflicts, func(r relation) bool { return r.isMetBy(other) })
}

// cascade removes packages and all that then lack a dependency.
func (u *universe) cascade(names []string) (removed []*entry) {
	for len(names) > 0 {
		for _, name := range names {
			if e, ok := u.now[name]; ok {
				removed = append(removed, e)
				delete(u.now, name)
			}
		}
		names = u.lacking(u.provided())
	}
	return removed
}

// lacking lists the packages with a dependency that was satisfied before and no longer is.
func (u *universe) lacking(now map[string][]*entry) (names []string) {
	before := byNames(u.was)
	for name, e := range u.now {
		for _, r := range e.depends {
			if !isMet(r, now) && isMet(r, before) {
				names = append(names, name)
				break
			}
		}
	}
	slices.Sort(names)
	return names
}

func (u *universe) provided() map[string][]*entry { return byNames(u.now) }

// byNames lists packages by their own and their provided names.
func byNames(of map[string]*entry) map[string][]*entry {
	out := make(map[string][]*entry, len(of))
	for _, e := range of {
		out[e.name] = append(out[e.name], e)
		for _, p := range e.provides {
			out[p.name] = append(out[p.name], e)
		}
	}
	return out
}

func isMet(r relation, by map[string][]*entry) bool {
	return slices.ContainsFunc(by[r.name], r.isMetBy)
}

// whyNot names what prevents the removal of conflicting packages: others that depend on them.
func (u *universe) whyNot() error {
	names := u.lacking(u.provided())
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("a package that it would replace is needed by %s", names[0])
}
