package app

import (
	"context"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/kinds"
	"converge/internal/app/site"
	"converge/internal/facts"
	"converge/internal/lsp"
)

// quiet is how long an editor must be idle before manifests are checked.
const quiet = 150 * time.Millisecond

// ServeEditor answers an editor on the standard streams until it ends.
func ServeEditor(ctx context.Context, env *environ.Env, f *site.Options) error {
	checker, err := site.NewChecker(env, f)
	if err != nil {
		return err
	}
	o := lsp.Options{
		Checker: checker, Kinds: kinds.New().All(), Version: env.Version(), Quiet: quiet, Log: env.Warn,
	}
	for _, fact := range facts.Table() {
		o.Facts = append(o.Facts, lsp.Fact{Name: fact.Name, Type: fact.Type, Doc: fact.Doc})
	}
	return lsp.Serve(ctx, env.In, env.Out, o)
}
