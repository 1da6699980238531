package files

import (
	"context"
	"errors"
	"os"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Spot describes the entry at a path.
type Spot struct {
	Link     string    // text of the symbolic link that is there, if it gives the thing behind it another name
	Through  bool      // the link names only entries below it, not the folder that it leads to
	Folder   [2]uint64 // device and inode of the directory that is there
	Anything bool      // something exists
}

// Spot examines a path whose folders are not symbolic links, and does not follow a link there. An unreadable path
// counts as nothing.
func (p *Provider) Spot(ctx context.Context, path string) Spot {
	if ctx.Err() != nil {
		return Spot{}
	}
	path = resource.DecodeBytes(path)
	info, err := p.held.Lstat(path)
	if err != nil {
		return Spot{}
	}
	s := Spot{Anything: true}
	switch info.Type {
	case fsys.Directory:
		s.Folder = [2]uint64{info.Dev, info.Ino}
	case fsys.Symlink:
		text, err := p.held.Readlink(path)
		if err != nil {
			return s
		}
		isName := mayFollow(p.held, path, info)
		if !isName {
			_, err = p.held.ResolveFolder(path)
			s.Through = err == nil
		}
		if isName || s.Through {
			s.Link = resource.EncodeBytes(text)
		}
	}
	return s
}

// mayFollow reports whether a path behind a link counts as the path of its target. Another user's link gives no second
// name to a third user's thing: otherwise the link's owner would decide which things are the same, and which are
// removed.
func mayFollow(held *fsys.Held, path string, link fsys.Info) bool {
	_, err := held.Stat(path)
	switch {
	case errors.Is(err, fsys.ErrUnsafe), errors.Is(err, fsys.ErrPlanted):
		return false
	case err != nil: // it leads to nothing yet
		return link.UID == 0 || os.Geteuid() != 0
	}
	return true
}
