package apt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// guardEssential refuses what no plan may contain: a system that cannot be repaired by its own package manager, and a
// change to a held package that no resource declares.
func (j *job) guardEssential() error {
	for _, o := range j.ops {
		p, ok := j.db.findByName(o.name)
		switch {
		case ok && o.removes() && p.essential:
			return fmt.Errorf("refusing to remove %s: the system needs it", o.name)
		case ok && p.isHeld() && o.old != o.new && j.itemOf(o.name) == nil:
			return fmt.Errorf("refusing to change %s: it is held at version %s by hand (apt-mark unhold %s releases it)", o.name, o.old, o.name)
		}
	}
	return nil
}

// guardPlan removes from the transaction the changes that would make apt do more than was planned: remove or downgrade
// a package that the plan does not show so. apt itself is asked which changes those are.
func (j *job) guardPlan(ctx context.Context, planned resource.Forecast) error {
	shown := j.shownBy(planned)
	j.lists.fresh = true // missing lists were handled before
	for {
		if err := j.guardEssential(); err != nil {
			return err
		}
		bad := j.operationsBeyond(shown)
		if len(bad) == 0 {
			return nil
		}
		if err := j.blameFor(ctx, bad); err != nil {
			return err
		}
		if err := j.trySolve(ctx); err != nil {
			return err
		}
	}
}

// operationsBeyond lists the operations that the plan did not show.
func (j *job) operationsBeyond(shown map[string]resource.Change) []operation {
	var bad []operation
	for _, o := range j.ops {
		if !o.removes() && !o.downgrades() || j.itemOf(o.name) != nil {
			continue
		}
		c, ok := shown[o.name]
		switch {
		case ok && o.removes() && c.Action == resource.Delete:
		case ok && o.downgrades() && resources.PlannedPackageVersion(c) == o.new:
		default:
			bad = append(bad, o)
		}
	}
	return bad
}

// shownBy returns a plan's changes of apt's packages, by name.
func (j *job) shownBy(f resource.Forecast) map[string]resource.Change {
	shown := map[string]resource.Change{}
	for _, c := range slices.Concat(f.Also, f.Changes) {
		if !resources.IsOfManager(c, "apt", j.sources.named) {
			continue
		}
		name := cmp.Or(resource.Must[resources.PackageWant](c.Want).Name, c.Addr.Name)
		shown[j.db.nameOf(name)] = c
	}
	return shown
}

// blameFor asks apt for the same transaction with the packages in question kept as they are: the changes that then
// fail are the cause.
func (j *job) blameFor(ctx context.Context, beyond []operation) error {
	var what, keep []string
	for _, o := range beyond {
		if o.removes() {
			what = append(what, "remove "+o.name)
		} else {
			what = append(what, fmt.Sprintf("downgrade %s to %s", o.name, o.new))
		}
		keep = append(keep, o.name+"="+o.old)
	}
	refusal := fmt.Errorf("it would %s, which the plan did not show; plan again", strings.Join(what, " and "))
	_, bad, err := j.simulateWords(ctx, append(j.installWords(), keep...))
	if err != nil {
		return err
	}
	found := false
	for _, b := range bad {
		if it := j.itemOf(b.name); it != nil {
			it.err, found = refusal, true
		}
	}
	if !found {
		return errors.New("refusing the transaction: " + refusal.Error())
	}
	return nil
}
