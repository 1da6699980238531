package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// planKeeper saves plans of a site, and checks whether a saved one still holds.
type planKeeper struct {
	env      *environ.Env
	flags    *RunOptions
	state    *journal.State
	stateDir string
	site     *site.Site
	scrub    *scrub.Scrubber
}

func newPlanKeeper(s *session) *planKeeper {
	return &planKeeper{env: s.env, flags: s.flags, state: s.state, stateDir: s.stateDir, site: s.site, scrub: s.scrub}
}

// findSeal returns what seals the fingerprints of a plan of this site; nil if
// nothing of it is sensitive. The key is made if there is none yet.
func (k *planKeeper) findSeal() (func(string) string, error) {
	if !k.site.HasSecrets() {
		return nil, nil
	}
	if err := k.state.NeedKey(k.stateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return k.state.Seal, nil
}

// savePlan keeps the plan for apply. It adds to what is saved what was planned
// and for what site.
func (k *planKeeper) savePlan(ctx context.Context, p *engine.Planned, saved *savedPlan, path, out string) error {
	seal, err := k.findSeal()
	if err != nil {
		return err
	}
	steps, err := p.Save(ctx, seal)
	var failed *engine.UnsavableError
	if errors.As(err, &failed) {
		return exit.With(exit.Incomplete, err)
	}
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	saved.Path, saved.Root = resource.EncodeInvalid(abs), resource.EncodeInvalid(k.flags.Site.Root)
	saved.Vars, saved.Sensitive = k.site.Inputs.Vars, k.site.Inputs.Sensitive
	saved.Targets, saved.Prune, saved.Steps = k.flags.Targets, k.flags.Prune, steps
	if seal != nil {
		saved.Key = k.state.KeyID()
	}
	for _, n := range k.flags.Site.Nodes {
		if n, err = filepath.Abs(n); err != nil {
			return err
		}
		saved.Nodes = append(saved.Nodes, resource.EncodeInvalid(n))
	}
	return saved.writeFile(out)
}
