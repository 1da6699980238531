package files

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/resources"
)

// Below implements [resources.Container]: it lists the tree below a directory,
// without other file systems.
func (p *Provider) Below(ctx context.Context, want cty.Value) ([]string, error) {
	if resources.StringAttr(want, "type") != resources.TypeDirectory {
		return nil, nil
	}
	return p.allBelow(ctx, pathOf(want))
}

func (p *Provider) allBelow(ctx context.Context, dir string) (out []string, err error) {
	err = p.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		out = append(out, resources.EncodeBytes(e.Path))
		return nil
	})
	if isMissing(err) {
		return nil, nil
	}
	return out, err
}

// Destroys implements [resources.Destroyer]: it lists the tree of a directory
// to be removed, and the entries to be purged from one that stays.
func (p *Provider) Destroys(ctx context.Context, c resources.Change) ([]string, error) {
	if resources.StringAttr(c.Want, "type") != resources.TypeDirectory || !resources.BoolAttr(c.Want, "purge") {
		return nil, nil
	}
	switch c.Action {
	case resources.Delete:
		return p.allBelow(ctx, pathOf(c.Want))
	case resources.Update:
	default:
		return nil, nil
	}
	var out []string
	for _, at := range resources.StringsAttr(c.Have, "undeclared") {
		out = append(out, at)
		raw := resources.DecodeBytes(at)
		info, err := p.fs.Lstat(raw)
		if err != nil && !isMissing(err) {
			return nil, err
		}
		if err != nil || info.Type != fsys.Directory {
			continue
		}
		below, err := p.allBelow(ctx, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}
