package ownership

import (
	"slices"

	"converge/internal/engine"
	"converge/internal/resource"
)

// findUndoes finds things of other sites that would no longer be as declared once orphans are removed or put back.
func (o *Ledger) findUndoes(orphans []engine.Orphan) {
	of := map[*resource.Resource]*engine.Orphan{}
	var back []*resource.Resource
	for i := range orphans {
		orphan := &orphans[i]
		if orphan.Forget || orphan.Kind == nil || orphan.Kind.Label == "" || len(orphan.Others) > 0 {
			continue
		}
		if r, _, err := orphan.WantNoMore(); err == nil { // otherwise it stays, and the plan explains why
			of[r], back = orphan, append(back, r)
		}
	}
	for len(back) > 0 { // the finding for one hides others that undo the same
		left := markUndoes(o, back, of)
		if len(left) == len(back) {
			return
		}
		back = left
	}
}

// markUndoes marks the orphans that undo something, and returns the resources of the others.
func markUndoes(o *Ledger, back []*resource.Resource, of map[*resource.Resource]*engine.Orphan) (left []*resource.Resource) {
	f := o.findFiles(back)
	others := o.listOthers(func() filesOf { return f })
	undone := o.findUndone(others, f)
	for _, e := range others {
		c := findContradiction(o, e, f, undone)
		if c == nil {
			continue
		}
		if orphan := of[originOf(c.ours, back)]; orphan != nil && (orphan.Undoes == "" || c.by != "" && orphan.By == "") {
			orphan.Undoes, orphan.By = c.theirs, c.by
		}
	}
	for _, r := range back {
		if of[r].Undoes == "" {
			left = append(left, r)
		}
	}
	return left
}

// originOf returns the resource that another one is, or is made from, like the keys of a user; nil: there is none.
func originOf(r *resource.Resource, all []*resource.Resource) *resource.Resource {
	if slices.Contains(all, r) {
		return r
	}
	for _, from := range all {
		if from.Addr == r.Addr {
			return from
		}
	}
	return nil
}
