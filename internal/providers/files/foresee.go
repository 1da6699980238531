package files

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// foresee explains what stops a change for sure when nothing is pending before it:
// a folder or an owner that is not there, an immutable file, a read-only file
// system, or a check that refuses the new content.
func (p *Provider) foresee(ctx context.Context, c *fileChange, f forecast) error {
	if err := p.foreseeVirtual(c); err != nil {
		return err
	}
	if c.Action == resource.Delete {
		if err := p.foreseeBehind(c, f); err != nil {
			return err
		}
		return p.foreseeRefusal(c)
	}
	if err := p.foreseeBehind(c, f); err != nil {
		return err
	}
	dir := c.Want.Type == resources.TypeDirectory
	if _, err := p.wantPerm(ctx, &c.Want, fsys.Perm{}, dir); err != nil {
		return fmt.Errorf("cannot write %q: %w", c.Want.Path.Bytes(), err)
	}
	if err := p.foreseeRefusal(c); err != nil {
		return err
	}
	return p.foreseeVerify(ctx, c)
}

func (p *Provider) foreseeRefusal(c *fileChange) error {
	name := c.Want.Path.Bytes()
	info, err := p.held.Look(name)
	if err == nil && info.Immutable {
		return fmt.Errorf("cannot change %q: it is immutable or append-only (see chattr)", name)
	}
	if err == nil && c.Action == resource.Update && p.changesInPlace(c, info) {
		if err := p.held.MayChange(name, info); err != nil {
			return err
		}
	}
	if at, _, err := p.beside(c); err == nil && at != "" {
		if info, err := p.held.Lstat(at); err == nil && info.Type != fsys.Regular {
			return inTheWay(at, info, "file", removeIt)
		}
	}
	if readOnly, err := p.held.ReadOnly(name); err == nil && readOnly {
		return fmt.Errorf("cannot change %q: its file system is mounted read-only", name)
	}
	return nil
}

// changesInPlace reports whether c changes owner or mode of the existing entry,
// and does not replace it.
func (p *Provider) changesInPlace(c *fileChange, live fsys.Info) bool {
	switch live.Type {
	case fsys.Directory:
		return c.Differs("owner") || c.Differs("group") || c.Differs("mode")
	case fsys.Regular:
		return c.Want.Content == nil
	}
	return false
}

// foreseeVirtual refuses what an interface of the kernel's cannot become.
func (p *Provider) foreseeVirtual(c *fileChange) error {
	path := c.Want.Path.Bytes()
	if !p.virtual(path) {
		return nil
	}
	if c.Want.Type != resources.TypeFile {
		return fmt.Errorf("cannot change %q: it lies among interfaces of the kernel's", path)
	}
	t, err := p.look(&c.Want, p.held.Lstat)
	if err != nil {
		return err
	}
	return t.virtualClash(c)
}

// foreseeRemoval refuses to remove a directory that is not empty, unless all its
// content is to be removed. Declared removals before it have been made by then.
func (p *Provider) foreseeRemoval(c *fileChange, f forecast) error {
	path := c.Want.Path.Bytes()
	if c.Want.Type != resources.TypeDirectory || c.Want.Purge.Value {
		return nil
	}
	stay, known := p.stays(path)
	if !known {
		stay, _ = p.fs.Names(path)
	}
	stay = slices.DeleteFunc(stay, func(n string) bool { return f.gone[placeOf(c)+"/"+n] })
	if len(stay) == 0 || c.Want.IfEmpty.Value {
		return nil
	}
	return notEmpty(path, stay)
}

// notEmpty is the error for a directory that is to go and holds something.
func notEmpty(path string, names []string) error {
	return fmt.Errorf("cannot remove %q: %w (it holds %q): set purge = true to remove what is in it", path, unix.ENOTEMPTY, names[0])
}
