package app

import (
	"context"
	"errors"
	"fmt"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/savedplan"
	"converge/internal/engine"
	"converge/internal/event"
)

func Plan(ctx context.Context, env *environ.Env, path string, f *RunOptions, out string) (err error) {
	if out != "" && path == "-" {
		return errors.New("cannot save a plan of standard input: apply would have to read it again")
	}
	if out != "" {
		if err := environ.CheckRegular(out); err != nil {
			return fmt.Errorf("cannot save the plan: %w", err)
		}
	}
	s, err := beginSession(ctx, env, "plan", path, f, true)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	shown := &savedplan.Transcript{}
	if out != "" {
		s.sinks.Add(shown)
	}
	if err := s.openMachine(""); err != nil {
		return err
	}
	if err := s.resolveNames(ctx); err != nil {
		return err
	}
	p, err := engine.Plan(ctx, s.engineOptions())
	if err != nil {
		return err
	}
	if out != "" {
		if err := s.planKeeper().Save(ctx, p, f.describeChoice(path, s.countResources()), shown, out); err != nil {
			return err
		}
	}
	switch {
	case p.Counts.Failed+p.Counts.Held > 0:
		return exit.Silently(exit.Incomplete)
	case f.Detailed && hasPending(p.Counts):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// hasPending reports whether an apply would have anything to do.
func hasPending(c event.Counts) bool { return c.Changed()+c.Also+c.Notified > 0 }
