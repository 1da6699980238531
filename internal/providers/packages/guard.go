package packages

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// guardEssential refuses what no plan may contain: a system that cannot be repaired by its own package manager, and a
// change to a held package that no resource declares.
func (j *job) guardEssential(ctx context.Context) error {
	for {
		o, why := j.findForbidden()
		if why == nil {
			return nil
		}
		if err := j.refuseCauses(ctx, o, why); err != nil {
			return err
		}
		if err := j.trySolve(ctx); err != nil {
			return err
		}
	}
}

func (j *job) findForbidden() (Operation, error) {
	for _, o := range j.ops {
		name := j.db.nameOf(o, j.ops)
		p, ok := j.db.find(name)
		switch {
		case ok && o.removes() && p.Essential:
			return o, fmt.Errorf("it would remove %s: the system needs that", name)
		case ok && p.Held && o.Old != o.New && j.itemOf(o) == nil:
			return o, fmt.Errorf("it would change %s, which is held at version %s by hand", name, o.Old)
		}
	}
	return Operation{}, nil
}

// guardPlan removes from the transaction the changes that would make the manager do more than was planned: remove or
// downgrade a package that the plan does not show so. The manager itself is asked which changes those are.
func (j *job) guardPlan(ctx context.Context, planned resource.Forecast) error {
	shown := j.shownBy(planned)
	j.fresh = true // gaps of the index were handled before
	for {
		if err := j.guardEssential(ctx); err != nil {
			return err
		}
		bad := j.operationsBeyond(shown)
		if len(bad) == 0 {
			return nil
		}
		why := fmt.Errorf("it would %s, which the plan did not show; plan again", j.describeOperations(bad))
		for _, o := range bad {
			if err := j.refuseCauses(ctx, o, why); err != nil {
				return err
			}
		}
		if err := j.trySolve(ctx); err != nil {
			return err
		}
	}
}

// operationsBeyond lists the operations that the plan did not show.
func (j *job) operationsBeyond(shown map[string]resource.Change) []Operation {
	var bad []Operation
	for _, o := range j.ops {
		if !o.removes() && !j.downgrades(o) || j.itemOf(o) != nil {
			continue
		}
		c, ok := j.findShown(shown, o)
		switch {
		case ok && o.removes() && c.Action == resource.Delete:
		case ok && j.downgrades(o) && resources.PlannedPackageVersion(c) == o.New:
		default:
			bad = append(bad, o)
		}
	}
	return bad
}

// findShown finds the change in a plan that is about an operation's package. One of a
// package that is declared without an architecture is about all of them.
func (j *job) findShown(shown map[string]resource.Change, o Operation) (c resource.Change, ok bool) {
	name := j.db.nameOf(o, j.ops)
	for _, name := range []string{name, j.joinArch(o.Name, o.Arch)} {
		if c, ok := shown[name]; ok {
			return c, true
		}
	}
	c, ok = shown[o.Name]
	return c, ok && !c.Undeclared
}

func (j *job) describeOperations(ops []Operation) string {
	var what []string
	for _, o := range ops {
		name := j.db.nameOf(o, j.ops)
		if o.removes() {
			what = append(what, "remove "+name)
		} else {
			what = append(what, fmt.Sprintf("downgrade %s to %s", name, o.New))
		}
	}
	return strings.Join(what, " and ")
}

// shownBy returns a plan's changes of the manager's packages, by name.
func (s *sources) shownBy(f resource.Forecast) map[string]resource.Change {
	shown := map[string]resource.Change{}
	for _, c := range slices.Concat(f.Also, f.Changes) {
		if resources.IsOfManager(c, s.Name, s.named) {
			shown[cmp.Or(resource.Must[resources.PackageWant](c.Want).Name, c.Addr.Name)] = c
		}
	}
	return shown
}
