package verify

import (
	"context"
	"slices"

	"converge/internal/process"
	"converge/internal/resource"
)

// A check that only a later change of the run names also judges the files of this set. If it ran only then, a refused
// file would already be in place, and nothing would undo it. So it already runs on this set, if the plan knows
// everything that happens in between.

// listComing lists the checks of the set that only later changes name.
func (p *plans) listComing(members []Member, later func() []resource.Change) (out []Check) {
	named := p.listNamed()
	if len(named) == 0 {
		return nil
	}
	of := addressesOf(later())
	for _, n := range named {
		isOwn := func(m Member) bool { return m.checkBy(n.check.Argv) != nil }
		if of[n.addr] && !slices.ContainsFunc(out, n.check.isSame) && !slices.ContainsFunc(members, isOwn) {
			out = append(out, n.check)
		}
	}
	return out
}

// isForeseen reports whether everything is known that the run does up to the first later change that names a check: a
// command or a package in between may make what the check misses.
func (p *plans) isForeseen(ctx context.Context, c Check, later []resource.Change) bool {
	first := slices.IndexFunc(later, func(o resource.Change) bool { return names(o, c.Argv) })
	if first < 0 {
		return false
	}
	of, known := addressesOf(later[:first+1]), 0
	for _, v := range p.viewAll() {
		cs := slices.DeleteFunc(slices.Clone(v.changes), func(o resource.Change) bool { return !of[o.Addr] })
		if known += len(cs); len(cs) > 0 && !newView(cs, v.shown).look(ctx).whole {
			return false
		}
	}
	return known == len(of)
}

// mayBlame reports whether a check may refuse changes of the set that do not name it: if it has refused something in
// this run, or if it comes later and refuses the set.
func (s *set) mayBlame(ctx context.Context, c Check, overlay []process.Overlaid) bool {
	return !slices.ContainsFunc(s.coming, c.isSame) || len(overlay) > 0 && s.checkTogether(ctx, c, overlay).refused && s.k.plans.isForeseen(ctx, c, s.later())
}
