package files

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// decodeRequest decodes a wanted value, and gives one whose type is [resources.TypeAny] a type.
func (p *Provider) decodeRequest(want cty.Value) (request, error) {
	r, err := decodeRequest(want)
	if err == nil && r.Type == resources.TypeAny {
		return decodeRequest(p.withType(r.Place, want))
	}
	return r, err
}

// decodeChange decodes a change, and gives one whose type is [resources.TypeAny] a type.
func (p *Provider) decodeChange(c resource.Change) (change, error) {
	d, err := decodeChange(c)
	if err == nil && d.request.Type == resources.TypeAny {
		c.Want = p.withType(d.request.Place, c.Want)
		return decodeChange(c)
	}
	return d, err
}

// withType gives a wanted value the type of the entry at its path. It is an undeclared entry of a tree.
func (p *Provider) withType(place resources.Place, want cty.Value) cty.Value {
	typ := resources.TypeFile // the type that refuses the present entry, if it is of none of these
	if info, err := p.held.Lstat(place.Path.Bytes()); err == nil {
		switch info.Type {
		case fsys.Directory:
			typ = resources.TypeDirectory
		case fsys.Symlink:
			typ = resources.TypeLink
		case fsys.Regular, fsys.Fifo, fsys.Socket, fsys.Device:
		}
	}
	return resource.With(want, "type", cty.StringVal(typ))
}
