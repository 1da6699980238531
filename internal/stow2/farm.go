package stow2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/stow/farm"
)

// farm stows and unstows: the verb without a name.
func (r *run) farm(ctx context.Context, cmd Command) error {
	at, err := r.places(cmd)
	if err != nil {
		return err
	}
	req, err := request(cmd, at)
	if err != nil {
		return err
	}
	s, err := r.open(ctx, cmd, at)
	if err != nil {
		return err
	}
	defer s.close()
	s.say(2, "stow dir is "+at.stow)
	s.say(2, "stow dir path relative to target "+at.target+" is "+at.path)
	home, _ := r.Lookup("HOME")
	plan, err := s.planner(ctx, cmd, home).Plan(ctx, req)
	if err != nil {
		return err
	}
	if len(plan.Conflicts) > 0 {
		r.conflicts(plan.Conflicts)
		return errTold
	}
	return r.carryOut(ctx, s, cmd, plan.Ops)
}

// carryOut does what was planned, unless this is a simulation.
func (r *run) carryOut(ctx context.Context, s *site, cmd Command, ops []farm.Op) error {
	switch {
	case !cmd.Simulate:
		return s.execute(ctx, cmd, ops)
	case s.interrupted:
		return errInterrupted
	}
	r.warn("WARNING: in simulation mode so not modifying filesystem.")
	return nil
}

// request is the packages of a command, as the planner wants them.
func request(cmd Command, at places) (farm.Request, error) {
	if len(cmd.Unstow)+len(cmd.Stow) == 0 {
		return farm.Request{}, &usageError{"No packages to stow or unstow"}
	}
	var req farm.Request
	for _, list := range []struct {
		words []string
		to    *[]farm.Image
	}{{cmd.Unstow, &req.Unstow}, {cmd.Stow, &req.Stow}} {
		for _, word := range list.words {
			name := strings.TrimRight(word, "/")
			if strings.Contains(name, "/") {
				return farm.Request{}, errors.New("Slashes are not permitted in package names") //nolint:staticcheck // GNU Stow's words
			}
			*list.to = append(*list.to, farm.Image{Stow: at.path, Package: name})
		}
	}
	return req, nil
}

// conflicts lists why nothing is done: unstows first, packages and messages by
// byte order.
func (r *run) conflicts(list []farm.Conflict) {
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
		fmt.Fprintf(r.err, "WARNING! %sing %s would cause conflicts:\n", key.action, key.pkg)
		slices.Sort(messages[key])
		for _, m := range messages[key] {
			fmt.Fprintf(r.err, "  * %s\n", m)
		}
	}
	r.warn("All operations aborted.")
}
