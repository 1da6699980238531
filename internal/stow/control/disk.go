package control

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// Type is the type of an entry.
type Type uint8

// What can be at a path. None is nothing at all, and File is anything but the
// others.
const (
	None Type = iota
	File
	Folder
	Link
)

// Place is the entry at a path.
type Place struct {
	Type  Type
	Text  string // of a link
	Leads Type   // what a link leads to in the end; else the same as Type
}

// Disk reads a machine, by absolute paths. All methods but Look follow links, and
// return [fs.ErrNotExist] for a missing entry.
type Disk interface {
	ReadFile(ctx context.Context, path string) ([]byte, error)
	Entries(ctx context.Context, dir string) ([]string, error) // by byte order
	Look(ctx context.Context, path string) (Place, error)
}

// Opener is a disk on which can be written: below one directory at a time,
// which no link leads out of.
type Opener interface {
	Disk
	OpenRoot(ctx context.Context, dir string) (*os.Root, error)
}

// maxFile bounds the bytes read of a file. Control data may list the symbols of
// large libraries.
const maxFile = 64 << 20

// OnDisk is the disk below the root of fs.
func OnDisk(fs *fsys.FS) Opener { return &onDisk{fs} }

type onDisk struct{ fs *fsys.FS }

func (d *onDisk) resolvePath(ctx context.Context, p string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return d.fs.Resolve(p)
}

func (d *onDisk) ReadFile(ctx context.Context, p string) ([]byte, error) {
	real, err := d.resolvePath(ctx, p)
	if err != nil {
		return nil, err
	}
	info, err := d.fs.Lstat(real)
	if err != nil {
		return nil, err
	}
	if info.Type != fsys.Regular {
		return nil, &fs.PathError{Op: "read", Path: p, Err: errors.New("it is " + info.Type.String())}
	}
	return d.fs.ReadFile(real, maxFile)
}

func (d *onDisk) Entries(ctx context.Context, dir string) ([]string, error) {
	real, err := d.resolvePath(ctx, dir)
	if err != nil {
		return nil, err
	}
	return d.fs.Names(real)
}

func (d *onDisk) Look(ctx context.Context, p string) (Place, error) {
	if err := ctx.Err(); err != nil {
		return Place{}, err
	}
	info, err := d.fs.Lstat(p)
	if isMissing(err) {
		return Place{}, nil
	}
	if err != nil {
		return Place{}, err
	}
	place := Place{Type: typeOf(info.Type)}
	place.Leads = place.Type
	if place.Type != Link {
		return place, nil
	}
	if place.Text, err = d.fs.Readlink(p); err != nil {
		return place, err
	}
	info, err = d.fs.Stat(p)
	switch {
	case isMissing(err), errors.Is(err, unix.ELOOP):
		place.Leads = None
		return place, nil
	case err != nil:
		return place, err
	}
	place.Leads = typeOf(info.Type)
	return place, nil
}

func (d *onDisk) OpenRoot(ctx context.Context, dir string) (*os.Root, error) {
	real, err := d.resolvePath(ctx, dir)
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(d.fs.HostPath(real))
}

func typeOf(t fsys.Type) Type {
	switch t {
	case fsys.Directory:
		return Folder
	case fsys.Symlink:
		return Link
	}
	return File
}

// isMissing reports whether an error means that there is nothing at a path.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}

// typeAt is what the path leads to.
func typeAt(ctx context.Context, d Disk, elem ...string) (Type, error) {
	place, err := d.Look(ctx, path.Join(elem...))
	return place.Leads, err
}
