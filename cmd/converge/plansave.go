package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/resource"
)

// planSeal returns what seals the fingerprints of a plan of this site; nil if
// nothing of it is sensitive. The key is made if there is none yet.
func (s *session) planSeal() (func(string) string, error) {
	if !s.site.hasSecrets() {
		return nil, nil
	}
	if err := s.state.NeedKey(s.stateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return s.state.Seal, nil
}

// hasSecrets reports whether anything of the site is sensitive.
func (s *site) hasSecrets() bool {
	return len(s.Secrets) > 0 || len(s.Inputs.Sensitive) > 0 ||
		slices.ContainsFunc(s.Resources, func(r *resource.Resource) bool { return len(r.Secret) > 0 })
}

// save keeps the plan for apply.
func (s *session) save(ctx context.Context, p *engine.Planned, path, out string, shown *shownPlan) error {
	seal, err := s.planSeal()
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
	saved := &savedPlan{
		Path: resource.EncodeInvalid(abs), Root: resource.EncodeInvalid(s.flags.site.root), Vars: s.site.Inputs.Vars, Sensitive: s.site.Inputs.Sensitive,
		Targets: s.flags.targets, Prune: s.flags.prune, Steps: steps, Resources: s.total(), Shown: shown.events,
	}
	if seal != nil {
		saved.Key = s.state.KeyID()
	}
	for _, n := range s.flags.site.nodes {
		if n, err = filepath.Abs(n); err != nil {
			return err
		}
		saved.Nodes = append(saved.Nodes, resource.EncodeInvalid(n))
	}
	return saved.write(out)
}
