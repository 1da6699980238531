package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// forecaster explains why changes are certain to fail.
type forecaster struct{ *base }

// findBlock explains why a change is certain to fail when nothing is pending before it: a folder or an owner does not
// exist, a file is immutable, a file system is read-only, or a check refuses the new content.
func (o forecaster) findBlock(ctx context.Context, c *change, f forecast) error {
	if err := o.refuseVirtual(c); err != nil {
		return err
	}
	if err := o.findBlockBehind(c, f); err != nil {
		return err
	}
	if c.Action == resource.Delete {
		return o.refuseUnwritable(c, f)
	}
	r := &c.request
	if _, err := o.access.resolve(ctx, &r.Permissions, fsys.Perm{}, r.isDirectory()); err != nil {
		return fmt.Errorf("cannot write %q: %w", r.path, err)
	}
	if err := (tables{o.base}).refuseUsers(ctx, r); err != nil {
		return err
	}
	if err := o.refuseUnwritable(c, f); err != nil {
		return err
	}
	for _, at := range decodePaths(c.seen.Differing) {
		if info, err := o.held.Look(at); err == nil && info.Immutable {
			return errImmutable("change", at)
		}
	}
	return checker(o).forecastCheck(ctx, c)
}

// findBlockBehind explains, given all pending changes, why a change is certain to fail: a folder does not exist and
// nothing makes it, or an entry stays in a directory that is to be removed.
func (o forecaster) findBlockBehind(c *change, f forecast) error {
	r, at := &c.request, c.realPath()
	switch {
	case c.Action == resource.Delete:
		return o.refuseFullDirectory(c, f)
	case c.Action == resource.Create && !r.isDirectory() && (f.homes[at] || f.homes[r.path]):
		return fmt.Errorf("cannot create %q: the home of a user is made there before: set create_home = false, or have the user depend on this", r.path)
	case c.Action == resource.Create && !r.Parents.Value && !f.made[path.Dir(at)] && !f.made[path.Dir(r.path)]:
		return o.refuseMissingFolder(r.path, f)
	}
	return o.refuseUnsafeWay(at, f)
}

// refuseUnsafeWay refuses a way to a path that owners will have made unsafe by
// then: through a directory of one user to that of another.
func (o forecaster) refuseUnsafeWay(name string, f forecast) error {
	for dir := path.Dir(name); dir != "/" && dir != "." && len(f.owners) > 0; dir = path.Dir(dir) {
		of, known := o.forecastOwner(dir, f)
		up, above := o.forecastOwner(path.Dir(dir), f)
		if !known || !above {
			continue
		}
		if err := o.held.MayLieIn(path.Dir(dir), up, path.Base(dir), of); err != nil {
			return fmt.Errorf("cannot change %q: %w", name, err)
		}
	}
	return nil
}

// forecastOwner returns the owner that a directory will have.
func (o forecaster) forecastOwner(dir string, f forecast) (uid uint32, known bool) {
	if uid, known = f.owners[dir]; known {
		return uid, true
	}
	if slices.ContainsFunc(f.handed, func(in string) bool { return strings.HasPrefix(dir, in) }) {
		return 0, false
	}
	info, err := o.held.Lstat(dir)
	return info.UID, err == nil && info.Type == fsys.Directory
}

func (o forecaster) refuseMissingFolder(name string, f forecast) error {
	dir := path.Dir(name)
	in := f.parents.lookAbove(o.held, name)
	switch {
	case errors.Is(in.err, fs.ErrNotExist):
		return resource.LackingFolder(fmt.Errorf("cannot create %q: there is no directory %q", name, dir), resource.EncodeBytes(dir))
	case in.err != nil:
		return in.err
	case in.info.Type != fsys.Directory:
		return fmt.Errorf("cannot create %q: %q is %s", name, dir, in.info.Type)
	}
	return nil
}

// refuseUnwritable refuses to change what cannot be written: an immutable entry, one that another user controls, one
// on a read-only file system.
func (o forecaster) refuseUnwritable(c *change, f forecast) error {
	name := c.request.path
	if c.Action == resource.Create && c.Have.IsNull() && !c.request.Follow.Value { // it was seen to be absent
		if f.parents.lookAbove(o.held, name).readOnly {
			return errReadOnly(name)
		}
		return nil
	}
	info, err := o.held.Look(name)
	if err == nil && info.Immutable {
		return errImmutable("change", name)
	}
	if err == nil && info.Mount && c.Action == resource.Delete {
		return fmt.Errorf("cannot remove %q: %w", name, fsys.ErrMounted)
	}
	if err == nil && c.Action == resource.Update && c.isInPlace(info) {
		if err := o.held.MayChange(name, info); err != nil {
			return err
		}
	}
	if at, _, err := o.edits.findSideFile(c); err == nil && at != "" {
		if info, err := o.held.Lstat(at); err == nil && info.Type != fsys.Regular {
			return obstructed(at, info, "file", removeIt)
		}
	}
	if readOnly, err := o.held.ReadOnly(name); err == nil && readOnly {
		return errReadOnly(name)
	}
	return nil
}

func errImmutable(verb, name string) error {
	return fmt.Errorf("cannot %s %q: it is immutable or append-only (see chattr)", verb, name)
}

func errReadOnly(name string) error {
	return fmt.Errorf("cannot change %q: its file system is mounted read-only", name)
}

// isInPlace reports whether the change is one of owner or mode of the existing
// entry, and does not replace it.
func (c *change) isInPlace(live fsys.Info) bool {
	switch live.Type {
	case fsys.Directory:
		return c.Differs("owner") || c.Differs("group") || c.Differs("mode")
	case fsys.Regular:
		return c.request.Content == nil
	}
	return false
}

// refuseVirtual refuses wishes that a kernel interface cannot satisfy.
func (o forecaster) refuseVirtual(c *change) error {
	r := &c.request
	if !o.contents.isVirtual(r.path) {
		return nil
	}
	if !r.isFile() {
		return fmt.Errorf("cannot change %q: it lies among interfaces of the kernel's", r.path)
	}
	at, err := locateFile(o.held, r, o.held.Lstat)
	if err != nil {
		return err
	}
	return at.refuseVirtual(c)
}

// refuseFullDirectory refuses to remove a directory that is not empty, unless all
// its content is to be removed. Declared removals before it have been made by then.
func (o forecaster) refuseFullDirectory(c *change, f forecast) error {
	r := &c.request
	if !r.isDirectory() || r.Purge.Value {
		return nil
	}
	stay, known := o.site.listStaying(r.path)
	if !known {
		stay, _ = o.site.fs.Names(r.path)
	}
	at := c.realPath()
	stay = slices.DeleteFunc(stay, func(n string) bool { return f.gone[at+"/"+n] })
	if len(stay) == 0 || r.IfEmpty.Value {
		return nil
	}
	return notEmpty(r.path, stay)
}
