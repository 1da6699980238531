package savedplan

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

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

// findSeal returns the function that seals the fingerprints of a plan of this site; nil if nothing in it is sensitive.
// It makes the key if there is none yet.
func (k *Keeper) findSeal() (func(string) string, error) {
	if !k.Site.HasSecrets() {
		return nil, nil
	}
	if err := k.State.NeedKey(k.StateDir); err != nil {
		return nil, exit.With(exit.Failure, fmt.Errorf("cannot save the plan, which is about sensitive values: %w", err))
	}
	return k.State.Seal, nil
}

// Save saves a plan at out, for apply, with its shown events. saved contains the choices of the command line.
func (k *Keeper) Save(ctx context.Context, p *engine.Planned, saved *Plan, shown *Transcript, out string) error {
	seal, err := k.findSeal()
	if err != nil {
		return err
	}
	saved.Steps, err = p.Save(ctx, seal)
	var failed *engine.UnsavableError
	if errors.As(err, &failed) {
		return exit.With(exit.Incomplete, err)
	}
	if err != nil {
		return err
	}
	abs := func(path string) string {
		if err == nil {
			path, err = filepath.Abs(path)
		}
		return resource.EncodeInvalid(path)
	}
	saved.Path, saved.Root, saved.Shown = abs(saved.Path), resource.EncodeInvalid(k.Site.Root), shown.events
	saved.Vars, saved.Sensitive = k.Site.Inputs.Vars, k.Site.Inputs.Sensitive
	saved.Nodes = slices.Clone(saved.Nodes)
	for i, n := range saved.Nodes {
		saved.Nodes[i] = abs(n)
	}
	if seal != nil {
		saved.Key = k.State.KeyID()
	}
	if err != nil {
		return err
	}
	return saved.writeFile(out)
}
