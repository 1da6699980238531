package store

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/tree"
)

// Links is the [Executor] that works on the disk.
type Links struct {
	Options execute.Options
	// Cleared is called after the leftovers of a killed run were removed from a
	// target. It may be nil.
	Cleared func(target string)
}

// Run implements [Executor].
func (l Links) Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error {
	return execute.Run(ctx, target, ops, l.Options)
}

// Recover implements [Executor].
func (l Links) Recover(ctx context.Context, target *fsys.Dir) error {
	found, err := execute.Recover(ctx, target)
	if found && err == nil && l.Cleared != nil {
		l.Cleared(target.Path())
	}
	return err
}

// Planning returns a [PlanFunc] that reads the disk. equip completes a planner
// whose Tree, Rules and Stow are set: with Ignore, at least.
func Planning(equip func(ctx context.Context, p *farm.Planner, f Frame)) PlanFunc {
	return func(ctx context.Context, f Frame, q farm.Request) (farm.Plan, error) {
		disk := tree.New(f.Target)
		defer disk.Close()
		sight := f.Tree(disk)
		p := &farm.Planner{Tree: sight, Rules: f.Rules(farm.NewGNU(f.Stow, sight)), Stow: f.Stow}
		equip(ctx, p, f)
		p.Ignore = f.Ignore(p.Ignore)
		p.Options.Sound = p.Options.Sound || f.Sound
		return p.Plan(ctx, q)
	}
}
