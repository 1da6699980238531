package cli

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/stow/config"
	"converge/internal/stow/store"
)

// withConfig changes versions and updates :config. The update comes first: after
// any interruption, a repeated run still knows the version that :config came
// from. Nothing is done if the changes cannot be made.
func (r *run) withConfig(ctx context.Context, cmd Command, st *store.Store, changes []store.Change, o store.Options) error {
	if st.IsView() {
		return &usageError{"--config is for the stow directory's own target: :config is the same in all views"}
	}
	r.mute = !cmd.Simulate
	plan, err := r.foresee(ctx, st, changes, o)
	var interrupted *store.InterruptedError
	if errors.As(err, &interrupted) && !cmd.Simulate {
		if _, err = st.Recover(ctx, o); err == nil {
			plan, err = r.foresee(ctx, st, changes, o)
		}
	}
	r.mute = false
	if err != nil {
		return r.settle(err)
	}
	for _, m := range plan.Moves {
		if m.To.Version == "" {
			continue // unstowed, or :config itself
		}
		if err := r.follow(ctx, cmd, st, m); err != nil {
			return err
		}
		c := store.Change{Action: store.Stow, Arg: store.Arg{Package: m.Package, Part: store.Config}}
		if m.From != m.To.Version {
			c.Action = store.Restow // what the new version has not is unlinked, too
		}
		changes = append(changes, c)
	}
	if cmd.Simulate {
		return r.simulated(cmd, plan.Ops)
	}
	_, err = st.Apply(ctx, changes, o)
	return r.settle(err)
}

// follow updates :config to a version.
func (r *run) follow(ctx context.Context, cmd Command, st *store.Store, m store.Move) error {
	foo, to := m.Package, m.To.Version
	made := false
	if !cmd.Simulate {
		var err error
		if made, err = config.Ensure(ctx, st, foo); err != nil {
			return err
		}
	}
	if m.From != "" && m.From != to {
		list, err := config.Update(ctx, st, foo, m.From, to, !cmd.Simulate)
		for _, c := range list {
			level, text := told(c, to)
			r.say(cmd)(level, fmt.Sprintf("%s/%s/%s %s", foo, store.Config, c.Path, text))
		}
		if err != nil {
			return err
		}
	}
	if !cmd.MakeConfig || cmd.Simulate || m.From == to && !made {
		return nil
	}
	ran, err := config.Make(ctx, st, foo, to, r.err)
	if ran && err == nil {
		r.say(cmd)(1, fmt.Sprintf("%s/%s: make config", foo, to))
	}
	return err
}

// told returns the message about a file of :config, and its level.
func told(c config.Change, version string) (level int, text string) {
	switch c.Verdict {
	case config.Take:
		return 1, "is as " + version + " has it"
	case config.Discard:
		return 1, "is removed: " + version + " has none"
	case config.Beside:
		return 0, "was edited, and stays: what " + version + " has is beside it, with .new behind the name"
	case config.Retire:
		return 0, "was edited, and " + version + " has none: it has .old behind its name now"
	case config.Stand:
		return 0, "was edited, and stays; so does the .new or .old beside it, which nothing is written over: move it away"
	case config.Keep:
	}
	return 2, "stays"
}
