package packages

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"converge/internal/providers/packages/shipped"
	"converge/internal/resource"
)

// Ships returns the keys of the units of the named packages that are installed:
// package → keys, sorted.
func (p *Provider) Ships(ctx context.Context, names []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, name := range names {
		paths, err := p.pathsOf(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("cannot tell which units package %s has: %w", name, err)
		}
		if units := shipped.Units(slices.Values(paths)); len(units) > 0 {
			out[name] = units
		}
	}
	return out, nil
}

// Runs returns the keys of the services that start a program of a package. The
// services may belong to any package.
func (p *Provider) Runs(ctx context.Context, name string) ([]string, error) {
	paths, err := p.pathsOf(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which units run programs of package %s: %w", name, err)
	}
	if len(paths) == 0 {
		return nil, nil
	}
	return shipped.Runners(p.tree, slices.Values(paths)), ctx.Err()
}

// Takes returns the files of a package that its removal removes, restricted to the requested ones.
func (p *Provider) Takes(ctx context.Context, c resource.Change, asked func(path string) bool) ([]string, error) {
	name := cmp.Or(c.Label(), c.Addr.Name)
	paths, err := p.pathsOf(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which files package %s has: %w", name, err)
	}
	return shipped.Files(p.tree, slices.Values(paths), asked), ctx.Err()
}

// pathsOf returns the files of the package that a manifest calls name; none if it is not installed.
func (p *Provider) pathsOf(ctx context.Context, name string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return nil, err
	}
	f := db.findNamed(name)
	if !f.there {
		return nil, nil
	}
	c, err := p.Files.ListContents(ctx, f.have)
	return c.Paths, err
}
