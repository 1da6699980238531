package apt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/resource"
	"converge/resources"
)

// A transaction with a forecast is not solved again: at the gate, apt's solution is compared with the plan; only there
// nothing can happen in between. If the gate refuses, the transaction is solved as if there were no gate, which finds
// the responsible changes.

// isForGate reports whether the plan has all that must be known before apt-get starts.
func (b *batch) isForGate(j *job) bool {
	shown := j.shownBy(b.planned)
	for _, it := range j.items {
		switch {
		case it.out, it.err == nil && it.word == "":
		case it.err != nil, it.have.isDamaged(), it.asked != "",
			it.ensure == "latest" && (it.needsOffer() || j.lists.lacking != nil), // the latest may not be the planned one
			!it.removes && resources.PlannedPackageVersion(shown[it.name]) == "":
			return false
		}
	}
	return len(j.installWords()) > 0
}

// plannedExtra lists the additional packages of the plan, if only some of the changes want recommended ones.
func (j *job) plannedExtra(shown map[string]resource.Change) (names []string) {
	if j.recommendChoice() != resources.RecommendsMixed {
		return nil
	}
	for name, c := range shown {
		have, _ := j.db.findByName(name)
		if c.Action == resource.Create && have.isGone() && j.itemOf(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// plannedOperations are the operations that a plan shows, by the present database.
func (j *job) plannedOperations(shown map[string]resource.Change) []operation {
	var ops []operation
	for name, c := range shown {
		have, _ := j.db.findByName(name)
		o := operation{name: name, old: have.presentVersion()}
		if c.Action != resource.Delete {
			o.new = resources.PlannedPackageVersion(c)
		}
		if o.old != o.new {
			ops = append(ops, o)
		}
	}
	return ops
}

// passGate makes the changes if the plan covers apt's solution at the gate. It reports whether that is so, or the
// transaction failed in a way that needs no solution; otherwise nothing has been done.
func (b *batch) passGate(ctx context.Context, j *job) (passed bool, err error) {
	shown := j.shownBy(b.planned)
	for _, it := range j.items {
		if it.needsOffer() {
			it.word = it.name + "=" + resources.PlannedPackageVersion(shown[it.name])
		}
	}
	j.ops, j.extra = j.plannedOperations(shown), j.plannedExtra(shown)
	g, err := openGate(func(ops []operation) error { return j.judge(ctx, ops, shown) })
	if err != nil {
		return true, err
	}
	err = transaction{j, g}.carryOut(ctx, &b.unpacked)
	var failure *transactionError
	switch {
	case errors.Is(err, resource.ErrLeft), g.asked && g.reason == nil:
		return true, err
	case !g.asked && errors.As(err, &failure) && failure.needsNoSolution():
		return true, err
	}
	return false, nil // also if apt found nothing to do
}

// judge explains why apt must not do what it is about to do; nil: it may.
func (j *job) judge(ctx context.Context, ops []operation, shown map[string]resource.Change) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	db, err := j.sources.currentDatabase()
	if err != nil {
		return err
	}
	if db != j.db {
		return errors.New("another program has changed packages meanwhile")
	}
	j.ops = j.normalizeNames(ops)
	if refused, err := j.nameVirtual(ctx); refused || err != nil {
		return errors.Join(errors.New("apt does nothing about a package"), err)
	}
	if !j.checkDeclared() {
		return errors.New("apt would do what the manifest does not allow")
	}
	if bad := j.operationsBeyond(shown); len(bad) > 0 {
		return fmt.Errorf("apt would do to %s what the plan did not show", bad[0].name)
	}
	if o, _ := j.findContradiction(); o != nil {
		return fmt.Errorf("apt would do to %s what another resource excludes", o.name)
	}
	return j.guardEssential()
}

// isShut reports whether apt has not been let through.
func (g *gate) isShut() bool { return g != nil && (!g.asked || g.reason != nil) }
