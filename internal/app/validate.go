package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/app/site"
	"converge/internal/view"
)

// Validate reads, evaluates and orders a manifest.
func Validate(ctx context.Context, env *environ.Env, path string, o *site.Options, quiet bool) error {
	s, err := site.Load(ctx, env, path, o)
	if err != nil {
		return err
	}
	if !quiet {
		view.Valid(env.Out, env.IsColored(env.Out), len(s.Resources))
	}
	return nil
}
