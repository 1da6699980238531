package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// simulated is GNU Stow's message at the end of a simulation.
const simulated = "WARNING: in simulation mode so not modifying filesystem."

// changer changes packages, or simulates that.
type changer struct{ *opener }

func (r *run) changer() changer { return changer{r.opener} }

// changeFarm stows and unstows: the default verb.
func (c changer) changeFarm(ctx context.Context) error {
	if c.cmd.Generations && !c.cmd.namesPackages() {
		return c.withStore(func() error { return c.listGenerations(ctx) })
	}
	changes, err := listChanges(c.cmd)
	if err != nil {
		return err
	}
	if protocol, err := c.usesProtocol(changes); err != nil {
		return err
	} else if protocol {
		return c.withStore(func() error { return c.changeVersions(ctx, changes) })
	}
	return c.changeAsGNU(ctx, farmRequest(c.at, changes))
}

// changeAsGNU does what GNU Stow would do.
func (c changer) changeAsGNU(ctx context.Context, req farm.Request) error {
	s, err := c.openTarget(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	c.log(2, "stow dir is "+c.at.stow)
	c.log(2, "stow dir path relative to target "+c.at.target+" is "+c.at.path)
	p := &farm.Planner{Tree: s.tree, Rules: farm.NewGNU(c.at.path, s.tree), Stow: c.at.path, Log: c.log}
	c.equipPlanner(ctx, c.cmd, p, c.at.target)
	plan, err := p.Plan(ctx, req)
	if err != nil {
		return err
	}
	plan = c.skipConflicts(c.cmd, plan, false)
	if len(plan.Conflicts) > 0 {
		c.printConflicts(plan.Conflicts)
		return errTold
	}
	return c.carryOut(ctx, s, plan.Ops)
}

// endSimulation prints the operations, and that they were only simulated.
func (o *opener) endSimulation(ops []farm.Op) error {
	if o.cmd.Diff {
		return o.printEffects(ops)
	}
	o.warn(simulated)
	return nil
}

// listChanges returns the changes that a command requests: all unstows, then all stows.
func listChanges(cmd Command) ([]store.Change, error) {
	if !cmd.namesPackages() {
		return nil, &usageError{"No packages to stow or unstow"}
	}
	var all []store.Change
	for i, word := range slices.Concat(cmd.Unstow, cmd.Stow) {
		arg, err := store.ParseArg(word)
		if err != nil && strings.Contains(word, "/") && !strings.Contains(word, "/:") {
			return nil, errors.New("Slashes are not permitted in package names") //nolint:staticcheck // GNU Stow's words
		}
		if err != nil {
			return nil, err
		}
		c := store.Change{Action: store.Stow, Arg: arg}
		if i < len(cmd.Unstow) {
			c.Action = store.Unstow
		}
		all = append(all, c)
	}
	return all, nil
}

// farmRequest returns the same for the planner, if no package has versions.
func farmRequest(at places, changes []store.Change) farm.Request {
	var req farm.Request
	for _, c := range changes {
		img := farm.Image{Stow: at.path, Package: c.Arg.Package}
		if c.Action == store.Unstow {
			req.Unstow = append(req.Unstow, img)
		} else {
			req.Stow = append(req.Stow, img)
		}
	}
	return req
}

// skipConflicts removes the conflicts from a plan, if the command requests it: the rest of the plan does not depend on
// them.
func (p *printer) skipConflicts(cmd Command, plan farm.Plan, mute bool) farm.Plan {
	if !cmd.SkipConflicts {
		return plan
	}
	for _, c := range plan.Conflicts {
		if !mute {
			p.warn(fmt.Sprintf("WARNING: %s is skipped: %s", quoteControls(c.Path), c.Text))
		}
	}
	plan.Conflicts = nil
	return plan
}

// printConflicts lists the conflicts that prevent the changes: unstows first, packages and messages in byte order.
func (p *printer) printConflicts(list []farm.Conflict) {
	type of struct{ action, pkg string }
	messages := map[of][]string{}
	for _, c := range list {
		key := of{c.Action, c.Package}
		messages[key] = append(messages[key], c.Text)
	}
	keys := slices.SortedFunc(maps.Keys(messages), func(a, b of) int {
		return cmp.Or(-cmp.Compare(a.action, b.action), cmp.Compare(a.pkg, b.pkg)) // "unstow" before "stow"
	})
	for _, key := range keys {
		fmt.Fprintf(p.err, "WARNING! %sing %s would cause conflicts:\n", key.action, key.pkg)
		slices.Sort(messages[key])
		for _, m := range messages[key] {
			fmt.Fprintf(p.err, "  * %s\n", m)
		}
	}
	p.warn("All operations aborted.")
}
