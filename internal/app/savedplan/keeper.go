package savedplan

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

// Keeper saves plans of a site, and checks whether a saved one still holds.
type Keeper struct {
	Env      *environ.Env
	Site     *site.Site
	State    *journal.State
	StateDir string
	Scrub    *scrub.Scrubber
}

// Chosen says what part of the site a plan is of, as the command line had it.
type Chosen struct {
	Path      string // of the manifest
	Nodes     []string
	Targets   []string
	Prune     bool
	Resources int // how many the site has
}

// findSeal returns what seals the fingerprints of a plan of this site; nil if
// nothing of it is sensitive. The key is made if there is none yet.
func (k *Keeper) findSeal() (func(string) string, error) {
	if !k.Site.HasSecrets() {
		return nil, nil
	}
	if err := k.State.NeedKey(k.StateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return k.State.Seal, nil
}

// Save saves a plan at out, for apply, with what was shown of it.
func (k *Keeper) Save(ctx context.Context, p *engine.Planned, c Chosen, shown *Transcript, out string) error {
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
	abs, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	saved := &Plan{
		Path: resource.EncodeInvalid(abs), Root: resource.EncodeInvalid(k.Site.Root),
		Vars: k.Site.Inputs.Vars, Sensitive: k.Site.Inputs.Sensitive,
		Targets: c.Targets, Prune: c.Prune, Steps: steps,
		Resources: c.Resources, Shown: shown.events,
	}
	if seal != nil {
		saved.Key = k.State.KeyID()
	}
	for _, n := range c.Nodes {
		if n, err = filepath.Abs(n); err != nil {
			return err
		}
		saved.Nodes = append(saved.Nodes, resource.EncodeInvalid(n))
	}
	return saved.writeFile(out)
}
