package main

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/view"
)

// validate reads, evaluates and orders a manifest.
func validate(ctx context.Context, env *environ.Env, path string, o *siteOptions, quiet bool) error {
	s, err := loadSite(ctx, env, path, o)
	if err != nil {
		return err
	}
	if !quiet {
		view.Valid(env.Out, env.IsColored(env.Out), len(s.Resources))
	}
	return nil
}
