package stow

import (
	"context"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]: which files of :config the change is
// to follow the version with, and from whom it takes the package. A rollback
// cannot bring these back, and must not claim that it did.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Have.IsNull() {
		return c, nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	req, err := parseRequest(c.Want)
	if err != nil {
		return c, nil, err
	}
	view, now, err := p.readStatus(ctx, req)
	if err != nil {
		return c, nil, err
	}
	changes, err := view.updateConfig(ctx, req, now, false)
	if err != nil {
		return c, nil, err
	}
	if len(changes) > 0 {
		paths := make([]string, len(changes))
		for i, c := range changes {
			paths[i] = c.Path
		}
		c.Have = resource.With(c.Have, resources.PastConfig, cty.StringVal(strings.Join(paths, "\n")))
	}
	if now.force {
		foreign, err := view.nameHolder(req.name, now.state)
		if err != nil {
			return c, nil, err
		}
		c.Have = resource.With(c.Have, resources.PastHolder, cty.StringVal(foreign))
	}
	return c, nil, nil
}
