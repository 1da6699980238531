package packages

import (
	"context"
	"slices"
)

// OriginIndex is an [Index] that knows which repository offers a package.
type OriginIndex interface {
	// ListOrigins returns the names of all packages that the repositories of a native
	// definition offer, and of those that the other repositories offer.
	ListOrigins(ctx context.Context, definition string) (within, beside []string, err error)
}

// OnlyFrom returns the names of the installed packages that only the repositories of that
// definition offer, in any version: without these repositories, the packages have no
// source. It uses the index that the machine has.
func (p *Provider) OnlyFrom(ctx context.Context, _, definition string) ([]string, error) {
	x, ok := p.Index.(OriginIndex)
	if !ok {
		return nil, nil
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return nil, err
	}
	within, beside, err := x.ListOrigins(ctx, definition)
	if err != nil {
		return nil, err
	}
	elsewhere := make(map[string]bool, len(beside))
	for _, name := range beside {
		elsewhere[name] = true
	}
	var out []string
	for _, name := range within {
		if len(db.byName[name]) > 0 && !elsewhere[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
