package mounts

import (
	"context"
	"encoding/json"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]: it saves the line as it was, and which bytes
// of fstab are replaced.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w := p.prepare(ctx, c)
	if w.err != nil {
		return c, nil, w.err
	}
	if !w.changesLine() {
		return c, nil, nil
	}
	f, err := p.lines(ctx)
	if err != nil {
		return c, nil, err
	}
	past := resources.PartPast{Created: f.missing, Present: w.view.entry != nil}
	if past.Present {
		past.Value = &w.view.entry.Text
	}
	if all, err := edit.Record(f.bytes, []edit.Part{p.wantedPart(w)}); err == nil {
		past.Hunks = all[0]
	}
	text, err := json.Marshal(past)
	if err != nil {
		return c, nil, err
	}
	was := cty.StringVal(resource.EncodeText(string(text)))
	if c.Have.IsNull() {
		c.Want = resource.With(c.Want, "was", was)
	} else {
		c.Have = resource.With(c.Have, "was", was)
	}
	return c, nil, nil
}
