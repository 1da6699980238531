package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/resource"
)

// findSeal returns what seals the fingerprints of a plan of this site; nil if
// nothing of it is sensitive. The key is made if there is none yet.
func (s *session) findSeal() (func(string) string, error) {
	if !s.site.HasSecrets() {
		return nil, nil
	}
	if err := s.state.NeedKey(s.stateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return s.state.Seal, nil
}

// savePlan keeps the plan for apply.
func (s *session) savePlan(ctx context.Context, p *engine.Planned, path, out string, shown *shownPlan) error {
	seal, err := s.findSeal()
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
		Path: resource.EncodeInvalid(abs), Root: resource.EncodeInvalid(s.flags.Site.Root), Vars: s.site.Inputs.Vars, Sensitive: s.site.Inputs.Sensitive,
		Targets: s.flags.Targets, Prune: s.flags.Prune, Steps: steps, Resources: s.countResources(), Shown: shown.events,
	}
	if seal != nil {
		saved.Key = s.state.KeyID()
	}
	for _, n := range s.flags.Site.Nodes {
		if n, err = filepath.Abs(n); err != nil {
			return err
		}
		saved.Nodes = append(saved.Nodes, resource.EncodeInvalid(n))
	}
	return saved.writeFile(out)
}
