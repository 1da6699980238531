package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/fsys"
	"converge/resources"
)

// Foresee implements resources.Foreseer: a folder or an owner that is not
// there, an immutable file, a read-only file system, and a check that refuses
// the new content stop a change for sure.
func (p *Provider) Foresee(ctx context.Context, c resources.Change) error {
	if c.Action == resources.Delete {
		return p.foreseeRefusal(c)
	}
	if c.Action == resources.Create && !resources.BoolAttr(c.Want, "parents") {
		if err := p.foreseeFolder(resources.StringAttr(c.Want, "path")); err != nil {
			return err
		}
	}
	dir := resources.StringAttr(c.Want, "type") == resources.TypeDirectory
	if _, err := p.wantPerm(ctx, c.Want, fsys.Perm{}, dir); err != nil {
		return fmt.Errorf("cannot write %q: %w", resources.StringAttr(c.Want, "path"), err)
	}
	if err := p.foreseeRefusal(c); err != nil {
		return err
	}
	return p.foreseeVerify(ctx, c)
}

func (p *Provider) foreseeFolder(name string) error {
	dir := path.Dir(name)
	info, err := p.fs.Stat(dir)
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

func (p *Provider) foreseeRefusal(c resources.Change) error {
	name := resources.StringAttr(c.Want, "path")
	if info, err := p.fs.Look(name); err == nil && info.Immutable {
		return fmt.Errorf("cannot change %q: it is immutable or append-only (see chattr)", name)
	}
	if readOnly, err := p.fs.ReadOnly(name); err == nil && readOnly {
		return fmt.Errorf("cannot change %q: its file system is mounted read-only", name)
	}
	return nil
}
