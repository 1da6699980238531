package service

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]. It adds the links that make the unit start at boot, as they are and as the
// change leaves them, so that a rollback removes and makes exactly those in which the two differ.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w, b, err := p.machine.prepare(c.Want)
	if err != nil || w.enabled == nil || c.Have.IsNull() {
		return c, nil, err
	}
	_, files, err := p.machine.open()
	if err != nil {
		return c, nil, err
	}
	files.forget()
	st, err := b.read(ctx, w)
	if err != nil {
		return c, nil, err
	}
	// Where the links cannot be told, the change may be made nevertheless: a rollback then enables or disables the unit.
	if before, after, told, err := (unitLinks{files}).changeBootLinks(w, st); err == nil && told {
		c.Have, c.Want = withBootLinks(c.Have, before), withBootLinks(c.Want, after)
	}
	return c, nil, nil
}

func withBootLinks(v cty.Value, links bootLinks) cty.Value {
	const name = "boot_links"
	return resource.With(v, name, resource.EncodeAttrs(resources.ServiceWant{BootLinks: resource.Some(map[string]string(links))})[name])
}
