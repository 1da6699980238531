package packages

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Record implements [resource.Recorder]: whether a package was installed
// manually is lost once a resource declares it.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Have.IsNull() {
		return c, nil, nil
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return c, nil, err
	}
	if f := db.findNamed(c.Label()); f.there && f.have.Automatic {
		c.Have = resource.With(c.Have, "mark", cty.StringVal("auto"))
	}
	return c, nil, nil
}
