package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
)

// Check runs all checks of a manifest, or those that the targets select, and changes nothing.
func Check(ctx context.Context, env *environ.Env, path string, f *RunOptions) (err error) {
	if path, err = f.locate(ctx, env, path); err != nil {
		return err
	}
	s, err := beginSession(ctx, env, "check", path, f, true)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	if err := s.openMachine(""); err != nil {
		return err
	}
	if err := s.resolveNames(ctx); err != nil {
		return err
	}
	if res := engine.AskAll(ctx, s.engineOptions(ctx)); res.Exit != exit.OK {
		return exit.Silently(res.Exit)
	}
	return nil
}
