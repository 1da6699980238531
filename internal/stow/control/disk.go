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

// maxFile is how many bytes of a file are read. Control data may list the symbols of large libraries.
const maxFile = 64 << 20

// Disk reads a machine below the root of a file system, by absolute paths. All methods except Look follow links, and
// return [fs.ErrNotExist] for a missing entry.
type Disk struct{ fs *fsys.FS }

// OnDisk returns the disk below the root of fs.
func OnDisk(fs *fsys.FS) Disk { return Disk{fs} }

func (d Disk) resolvePath(ctx context.Context, p string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return d.fs.Resolve(p)
}

// ReadFile reads a regular file.
func (d Disk) ReadFile(ctx context.Context, p string) ([]byte, error) {
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

// Entries lists the names in a directory in byte order.
func (d Disk) Entries(ctx context.Context, dir string) ([]string, error) {
	real, err := d.resolvePath(ctx, dir)
	if err != nil {
		return nil, err
	}
	return d.fs.Names(real)
}

// Place is the entry at a path.
type Place struct {
	Type  fsys.Type // fsys.Nothing: there is none
	Text  string    // of a link
	Leads fsys.Type // the type of a link's final target; else the same as Type
}

// Look returns the entry at a path: none if a parent is not a directory.
func (d Disk) Look(ctx context.Context, p string) (Place, error) {
	nothing := Place{Type: fsys.Nothing, Leads: fsys.Nothing}
	if err := ctx.Err(); err != nil {
		return nothing, err
	}
	info, err := d.fs.Lstat(p)
	if err != nil {
		return nothing, unlessMissing(err)
	}
	place := Place{Type: info.Type, Leads: info.Type}
	if place.Type != fsys.Symlink {
		return place, nil
	}
	if place.Text, err = d.fs.Readlink(p); err != nil {
		return place, err
	}
	if info, err = d.fs.Stat(p); err != nil {
		place.Leads = fsys.Nothing
		if errors.Is(err, unix.ELOOP) {
			return place, nil
		}
		return place, unlessMissing(err)
	}
	place.Leads = info.Type
	return place, nil
}

// HostPath returns a path as the host names it.
func (d Disk) HostPath(p string) string { return d.fs.HostPath(p) }

// leadsTo returns the type of the final target of a path.
func (d Disk) leadsTo(ctx context.Context, elem ...string) (fsys.Type, error) {
	place, err := d.Look(ctx, path.Join(elem...))
	return place.Leads, err
}

// OpenRoot opens a directory to write below it; no link leads out of it.
func (d Disk) OpenRoot(ctx context.Context, dir string) (*os.Root, error) {
	real, err := d.resolvePath(ctx, dir)
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(d.fs.HostPath(real))
}

// unlessMissing returns an error, or nil if it means that nothing is at a path.
func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}
