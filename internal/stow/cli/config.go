package cli

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/stow/config"
	"converge/internal/stow/store"
)

// changeWithConfig changes versions and updates :config. The update comes first: after an interruption, a repeated run
// still knows the version that :config is from. It does nothing if the changes are impossible.
func (c changer) changeWithConfig(ctx context.Context, changes []store.Change) error {
	if c.st.IsView() {
		return &usageError{"--config is for the stow directory's own target: :config is the same in all views"}
	}
	c.mute = !c.cmd.Simulate
	plan, err := c.foreseeChanges(ctx, changes)
	var interrupted *store.InterruptedError
	if errors.As(err, &interrupted) && !c.cmd.Simulate {
		if _, err = c.st.Recover(ctx, c.storeOptions()); err == nil {
			plan, err = c.foreseeChanges(ctx, changes)
		}
	}
	c.mute = false
	if err != nil {
		return c.reportConflicts(err)
	}
	for _, m := range plan.Moves {
		if m.To.Version == "" {
			continue // unstowed, or :config itself
		}
		if err := c.followVersion(ctx, m); err != nil {
			return err
		}
		change := store.Change{Action: store.Stow, Arg: store.Arg{Package: m.Package, Part: store.Config}}
		if m.From != m.To.Version {
			change.Action = store.Restow // also unlinks what the new version lacks
		}
		changes = append(changes, change)
	}
	if c.cmd.Simulate {
		return c.endSimulation(plan.Ops)
	}
	_, err = c.st.Apply(ctx, changes, c.storeOptions())
	return c.reportConflicts(err)
}

// followVersion updates :config to a new version.
func (c changer) followVersion(ctx context.Context, m store.Move) error {
	foo, to := m.Package, m.To.Version
	made := false
	if !c.cmd.Simulate {
		var err error
		if made, err = config.Ensure(ctx, c.st, foo); err != nil {
			return err
		}
	}
	if m.From != "" && m.From != to {
		list, err := config.Update(ctx, c.st, foo, m.From, to, !c.cmd.Simulate)
		for _, change := range list {
			level, text := messageOf(change, to)
			c.log(level, fmt.Sprintf("%s/%s/%s %s", foo, store.Config, change.Path, text))
		}
		if err != nil {
			return err
		}
	}
	if !c.cmd.MakeConfig || c.cmd.Simulate || m.From == to && !made {
		return nil
	}
	ran, err := config.Make(ctx, c.st, foo, to, c.err)
	if ran && err == nil {
		c.log(1, fmt.Sprintf("%s/%s: make config", foo, to))
	}
	return err
}

// messageOf returns the message about a file of :config, and its level.
func messageOf(c config.Change, version string) (level int, text string) {
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
