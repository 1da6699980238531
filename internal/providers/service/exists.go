package service

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Exists implements resource.Finder: whether there is a unit of that name,
// managed or not.
func (p *Provider) Exists(ctx context.Context, want cty.Value) (bool, error) {
	_, err := p.Observe(ctx, cty.ObjectVal(map[string]cty.Value{
		"name": resource.GetAttr(want, "name"), "running": cty.True,
	}))
	if errors.Is(err, resource.ErrMissing) {
		return false, nil
	}
	return true, ctx.Err() // what else is wrong with it, the action will meet with
}
