package files

import (
	"context"

	"converge/internal/fsys"
	"converge/resources"
)

// Spot implements resources.Pathfinder.
func (p *Provider) Spot(ctx context.Context, path string) resources.Spot {
	if ctx.Err() != nil {
		return resources.Spot{}
	}
	path = resources.DecodeBytes(path)
	info, err := p.held.Lstat(path)
	if err != nil {
		return resources.Spot{}
	}
	s := resources.Spot{Anything: true}
	switch info.Type {
	case fsys.Directory:
		s.Folder = [2]uint64{info.Dev, info.Ino}
	case fsys.Symlink:
		if s.Link, err = p.held.Readlink(path); err != nil {
			s.Link = "" // it was replaced meanwhile
		}
		s.Link = resources.EncodeBytes(s.Link)
	}
	return s
}
