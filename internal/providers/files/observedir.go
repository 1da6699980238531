package files

import (
	"context"
	"errors"
	"io/fs"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

func (o observer) observeDirectory(ctx context.Context, r *request) (cty.Value, error) {
	info, err := o.held.Lstat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && r.IsAbsent():
		return resource.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink && !r.IsAbsent():
		if err := o.edits.refuseOwnLink(r.path); err != nil {
			return cty.NilVal, err
		}
		if info, err = o.followToDirectory(r.path); err != nil {
			return cty.NilVal, err
		}
	case info.Type != fsys.Directory:
		return cty.NilVal, obstructed(r.path, info, "directory", removeIt)
	}
	if r.IsAbsent() {
		return o.observeUnwanted(r)
	}
	same, err := o.access.isSame(ctx, &r.Permissions, info)
	if err != nil {
		return cty.NilVal, err
	}
	below, err := o.findBelow(ctx, r)
	if err != nil {
		return cty.NilVal, err
	}
	if same && len(below.differing) == 0 && len(below.undeclared) == 0 {
		return r.value, nil
	}
	out := presentEntry(resources.TypeDirectory)
	out.Path = r.Path
	if out.Permissions, err = o.access.describe(ctx, &r.Permissions, info); err != nil {
		return cty.NilVal, err
	}
	out.Xattrs = r.Xattrs // an existing directory keeps its own
	out.Differing, out.Undeclared = encodePaths(below.differing), encodePaths(below.undeclared)
	return resource.Encode(out), nil
}

// followToDirectory returns the target of a link. A directory may be reached through a link (/var/run, /lib): it is
// managed in its place, as every tool does.
func (o observer) followToDirectory(path string) (fsys.Info, error) {
	info, err := o.held.Stat(path)
	if errors.Is(err, fsys.ErrUnsafe) || errors.Is(err, fsys.ErrPlanted) {
		return info, err
	}
	if err != nil || info.Type != fsys.Directory {
		return info, obstructed(path, fsys.Info{Type: fsys.Symlink}, "directory", "it does not lead to a directory; "+removeIt)
	}
	return info, nil
}

// observeUnwanted observes an existing directory that should be absent.
func (o observer) observeUnwanted(r *request) (cty.Value, error) {
	if len(o.site.listKept(r)) > 0 {
		return resource.Absent, nil
	}
	if err := o.site.refuseOwn(r.path); err != nil {
		return cty.NilVal, err
	}
	return resource.Encode(presentEntry(resources.TypeDirectory)), nil
}

// findBelow returns the entries below a directory that recurse and purge concern.
func (o observer) findBelow(ctx context.Context, r *request) (found, error) {
	if !r.Recurse.Value && !r.Purge.Value {
		return found{}, nil
	}
	site, err := o.site.below(r.path)
	if err != nil {
		if r.Purge.Value {
			return found{}, err
		}
		site = siteBelow{siteMap: &siteMap{}}
	}
	if site.isOwn(r.path) {
		return found{}, nil
	}
	return treeReader(o).findConcerned(ctx, r, site)
}
