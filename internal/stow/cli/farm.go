package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// simulated is GNU Stow's message at the end of a simulation.
const simulated = "WARNING: in simulation mode so not modifying filesystem."

// changeFarm stows and unstows: the verb without a name.
func (r *run) changeFarm(ctx context.Context, cmd Command) error {
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	changes, err := listChanges(cmd)
	if err != nil {
		return err
	}
	if protocol, err := r.usesProtocol(cmd, at, changes); err != nil {
		return err
	} else if protocol {
		return r.changeVersions(ctx, cmd, at, changes)
	}
	return r.changeAsGNU(ctx, cmd, at, farmRequest(at, changes))
}

// changeAsGNU does what GNU Stow would.
func (r *run) changeAsGNU(ctx context.Context, cmd Command, at places, req farm.Request) error {
	s, err := r.openTarget(ctx, cmd, at)
	if err != nil {
		return err
	}
	defer s.close()
	s.say(2, "stow dir is "+at.stow)
	s.say(2, "stow dir path relative to target "+at.target+" is "+at.path)
	p := &farm.Planner{Tree: s.tree, Rules: farm.NewGNU(at.path, s.tree), Stow: at.path, Say: s.say}
	r.equipPlanner(ctx, cmd, p, at.target, at.stow)
	plan, err := p.Plan(ctx, req)
	if err != nil {
		return err
	}
	plan = r.skipConflicts(cmd, plan, false)
	if len(plan.Conflicts) > 0 {
		r.printConflicts(plan.Conflicts)
		return errTold
	}
	return r.carryOut(ctx, s, cmd, plan.Ops)
}

// carryOut does what was planned, unless this is a simulation.
func (o *opener) carryOut(ctx context.Context, s *site, cmd Command, ops []farm.Op) error {
	switch {
	case !cmd.Simulate:
		return s.executeOps(ctx, cmd, ops)
	case s.interrupted:
		return errInterrupted
	}
	return o.endSimulation(cmd, ops)
}

// endSimulation tells what was not done, and that it was not.
func (p *printer) endSimulation(cmd Command, ops []farm.Op) error {
	if cmd.Diff {
		return p.printEffects(ops)
	}
	p.warn(simulated)
	return nil
}

// listChanges are what a command asks of packages: all unstows, then all stows.
func listChanges(cmd Command) ([]store.Change, error) {
	if len(cmd.Unstow)+len(cmd.Stow) == 0 {
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

// farmRequest is the same for the planner, if no package has versions.
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

// skipConflicts takes the conflicts out of a plan, if that was asked for: what
// the plan does besides does not depend on them.
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

// printConflicts lists why nothing is done: unstows first, packages and messages by
// byte order.
func (p *printer) printConflicts(list []farm.Conflict) {
	type of struct{ action, pkg string }
	messages := map[of][]string{}
	for _, c := range list {
		key := of{c.Action, c.Package}
		messages[key] = append(messages[key], c.Text)
	}
	keys := make([]of, 0, len(messages))
	for key := range messages {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b of) int {
		if a.action != b.action {
			return strings.Compare(b.action, a.action) // "unstow" before "stow"
		}
		return strings.Compare(a.pkg, b.pkg)
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
