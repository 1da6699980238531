package service

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// Exists implements resources.Finder: whether there is a unit of that name,
// managed or not.
func (p *Provider) Exists(ctx context.Context, want cty.Value) (bool, error) {
	_, err := p.Observe(ctx, cty.ObjectVal(map[string]cty.Value{
		"name": resources.GetAttr(want, "name"), "running": cty.True,
	}))
	if errors.Is(err, resources.ErrMissing) {
		return false, nil
	}
	return true, ctx.Err() // what else is wrong with it, the action will meet with
}
