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
		at, err := p.whole(ctx, wish{name: name, place: place{stowDir, target}})
		if err != nil {
			continue // the package itself says so when it is observed
		}
		if own := resources.StowKey(name, p.own(at.stow), p.own(at.target)); own != key {
			out[key] = own
		}
	}
	return out, nil
}

// whole is where, on its own.
func (p *Provider) whole(ctx context.Context, w wish) (place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.where(ctx, w)
}

// own is a directory without links on the way; as it is, if it is not there.
func (p *Provider) own(dir string) string {
	if dir == "" {
		return ""
	}
	if at, err := p.fs.Resolve(dir); err == nil {
		return at
	}
	return dir
}
