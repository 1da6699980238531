package control

import (
	"context"
	"fmt"
	"path"
)

// Found is control data, and where it is.
type Found struct {
	*Data
	Path    string
	Default bool // it is about every version
}

// InFolder is the file that is control data where that is a directory.
const InFolder = "control"

// Find reads manager pm's data of a version, whose directory is dir; nil if
// there is none. The error is [stanza.Problems] if the data could be read, and is
// wrong; the valid part is returned then too.
func (s Store) Find(ctx context.Context, pkg, dir, pm string) (*Found, error) {
	if err := CheckNames(pkg, dir); err != nil {
		return nil, err
	}
	for _, at := range []string{path.Join(":control", pm, dir), path.Join(":control-default", pm)} {
		f, err := s.readData(ctx, path.Join(s.Dir, pkg, at))
		if f != nil {
			f.Default = at == path.Join(":control-default", pm)
		}
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// readData reads control data that is a file or a directory.
func (s Store) readData(ctx context.Context, at string) (*Found, error) {
	t, err := typeAt(ctx, s.Disk, at)
	if err != nil || t == None {
		return nil, err
	}
	if t == Folder {
		at = path.Join(at, InFolder)
		if t, err = typeAt(ctx, s.Disk, at); err != nil || t == None {
			return nil, err // it holds other data
		}
	}
	text, err := s.Disk.ReadFile(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("cannot read control data: %w", err)
	}
	d, err := Parse(at, text)
	return &Found{Data: d, Path: at}, err
}
