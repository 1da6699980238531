package files

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// withType gives a wanted value whose type is [resources.TypeAny] a type: that of the entry
// at its path. It is an entry of a tree that is not declared any more.
func (p *Provider) withType(want cty.Value) cty.Value {
	place := resource.Part[resources.Place](want)
	if place.Type != resources.TypeAny {
		return want
	}
	typ := resources.TypeFile // the type in which what is there now is refused, if it is of none of these
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
