package files

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// allBelow lists the tree below a directory, without other file systems.
func (p *Provider) allBelow(ctx context.Context, dir string) (out []string, err error) {
	err = p.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		out = append(out, resource.EncodeBytes(e.Path))
		return nil
	})
	if isMissing(err) {
		return nil, nil
	}
	return out, p.named(err)
}

// removedBelow lists the tree of a directory to be removed, and the entries to be
// purged from one that stays.
func (p *Provider) removedBelow(ctx context.Context, c *fileChange) ([]string, error) {
	if c.Want.Type != resources.TypeDirectory || !c.Want.Purge.Value {
		return nil, nil
	}
	switch c.Action {
	case resource.Delete:
		return p.allBelow(ctx, c.Want.Path.Bytes())
	case resource.Update:
		if c.Have == nil {
			return nil, nil
		}
		return p.purged(ctx, c.Want.Path.Bytes(), c.Have.Undeclared.Value)
	default:
		return nil, nil
	}
}

// purged are the entries that purge removes, and all below them. They are reached
// from dir, as purge reaches them.
func (p *Provider) purged(ctx context.Context, dir string, undeclared []string) (out []string, err error) {
	goes, leads := map[string]bool{}, map[string]bool{}
	for _, at := range undeclared {
		at = resource.DecodeBytes(at)
		goes[at] = true
		for up := parent(at); len(up) > len(dir) && !leads[up]; up = parent(up) {
			leads[up] = true
		}
	}
	if len(goes) == 0 {
		return nil, nil
	}
	err = p.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		if goes[e.Path] = goes[e.Path] || goes[parent(e.Path)]; goes[e.Path] {
			out = append(out, resource.EncodeBytes(e.Path))
		} else if !leads[e.Path] {
			return fsys.ErrSkipDir
		}
		return nil
	})
	return out, p.named(err)
}
