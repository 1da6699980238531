package files

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/resources"
)

// Below implements [resources.Container]: everything below a directory, but
// for what lies on other file systems.
func (p *Provider) Below(ctx context.Context, want cty.Value) ([]string, error) {
	if resources.StringAttr(want, "type") != resources.TypeDirectory {
		return nil, nil
	}
	var out []string
	err := p.fs.Walk(ctx, resources.StringAttr(want, "path"), func(e fsys.Entry) error {
		out = append(out, e.Path)
		return nil
	})
	if isMissing(err) {
		return nil, nil
	}
	return out, err
}
