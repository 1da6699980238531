package stow

import (
	"context"

	"converge/resources"
)

// Identify tells names of one thing apart (see assembly.Names): a package is identified by its
// stow directory and its target, both with links resolved, whether they are
// declared or follow from the mapping.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	out := map[string]string{}
	for _, key := range keys {
		name, stowDir, target, ok := resources.ParseStowKey(key)
		if !ok || name == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at, err := p.locateAlone(ctx, request{name: name, location: location{stowDir, target}})
		if err != nil {
			continue // the package itself says so when it is observed
		}
		if own := resources.StowKey(name, p.resolveDir(at.stow), p.resolveDir(at.target)); own != key {
			out[key] = own
		}
	}
	return out, nil
}

// locateAlone is locate for callers that do not hold the lock.
func (p *Provider) locateAlone(ctx context.Context, req request) (location, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.locate(ctx, req)
}

// resolveDir returns a directory without links on the way; as it is, if it does not
// exist.
func (p *Provider) resolveDir(dir string) string {
	if dir == "" {
		return ""
	}
	if at, err := p.fs.Resolve(dir); err == nil {
		return at
	}
	return dir
}
