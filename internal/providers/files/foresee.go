package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/resources"
)

// Foresee implements resources.Foreseer: a folder or an owner that is not
// there, an immutable file, a read-only file system, and a check that refuses
// the new content stop a change for sure.
func (p *Provider) Foresee(ctx context.Context, c resources.Change) error {
	return p.named(p.foresee(ctx, c))
}

func (p *Provider) foresee(ctx context.Context, c resources.Change) error {
	if c.Action == resources.Delete {
		return cmp.Or(p.foreseeRefusal(c), p.foreseeFull(c))
	}
	if c.Action == resources.Create && !resources.BoolAttr(c.Want, "parents") {
		if err := p.foreseeFolder(pathOf(c.Want)); err != nil {
			return err
		}
	}
	dir := resources.StringAttr(c.Want, "type") == resources.TypeDirectory
	if _, err := p.wantPerm(ctx, c.Want, fsys.Perm{}, dir); err != nil {
		return fmt.Errorf("cannot write %q: %w", pathOf(c.Want), err)
	}
	if err := p.foreseeRefusal(c); err != nil {
		return err
	}
	return p.foreseeVerify(ctx, c)
}

func (p *Provider) foreseeFolder(name string) error {
	dir := path.Dir(name)
	info, err := p.held.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot create %q: there is no directory %q", name, dir)
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return fmt.Errorf("cannot create %q: %q is %s", name, dir, info.Type)
	}
	return nil
}

// foreseeFull foresees that a directory is not empty. What else of the site goes
// comes before it, so that by now only what stays is in it.
func (p *Provider) foreseeFull(c resources.Change) error {
	if resources.StringAttr(c.Want, "type") != resources.TypeDirectory || resources.BoolAttr(c.Want, "purge") {
		return nil
	}
	name := resources.StringAttr(c.Want, "path")
	names, err := p.fs.Names(name)
	if err == nil && len(names) > 0 {
		return notEmpty(name)
	}
	return err
}

func notEmpty(name string) error {
	return fmt.Errorf("cannot remove %q: %w: set purge = true to remove what is in it", name, unix.ENOTEMPTY)
}

func (p *Provider) foreseeRefusal(c resources.Change) error {
	name := pathOf(c.Want)
	info, err := p.held.Look(name)
	if err == nil && info.Immutable {
		return fmt.Errorf("cannot change %q: it is immutable or append-only (see chattr)", name)
	}
	if err == nil && c.Action == resources.Update && p.changesInPlace(c, info) {
		if err := p.held.MayChange(name, info); err != nil {
			return err
		}
	}
	if readOnly, err := p.held.ReadOnly(name); err == nil && readOnly {
		return fmt.Errorf("cannot change %q: its file system is mounted read-only", name)
	}
	return nil
}

// changesInPlace reports whether c changes owner or mode of what is there, and
// does not put something new in its place.
func (p *Provider) changesInPlace(c resources.Change, live fsys.Info) bool {
	switch live.Type {
	case fsys.Directory:
		return c.Differs("owner") || c.Differs("group") || c.Differs("mode")
	case fsys.Regular:
		return !resources.HasAttr(c.Want, "content")
	}
	return false
}
