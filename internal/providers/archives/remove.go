package archives

import (
	"context"
	"fmt"
	"path"

	"converge/internal/fsys"
	"converge/resources"
)

// remover removes what was unpacked, and leaves what others wrote.
type remover struct{ *base }

// remove removes what was unpacked: as a whole if nothing else is there. It is kept under
// another name until the history forgets the run.
func (r remover) remove(ctx context.Context, w resources.ArchiveWant) error {
	at := r.physical(w.Path.Bytes())
	if err := r.declared.refuseOwn(at); err != nil {
		return err
	}
	f, err := r.find(ctx, w, at)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.link != "" {
		if err := r.switchLink(ctx, f.link, ""); err != nil {
			return err
		}
	}
	if len(f.goes) == 0 {
		return nil
	}
	if err := r.setAside(f); err != nil {
		return err
	}
	if _, err := r.trimAttic(ctx, at, nil); err != nil {
		return err
	}
	return r.trimKept(ctx, at, 0)
}

// moveTo moves the removed entries to a place: as a whole if nothing stays.
func (r remover) moveTo(f *found, parent *fsys.Dir, to spot) error {
	name := path.Base(f.at)
	if len(f.stays) == 0 {
		if f.top.Mount {
			return fmt.Errorf("cannot remove %s: it is a mount point", quote(f.at))
		}
		return parent.RenameNew(name, to.dir, to.name)
	}
	m, err := openMover(spot{parent, name}, to)
	if err != nil {
		return err
	}
	defer m.close()
	for _, rel := range f.goes {
		if err := m.makeFolders(above(rel)); err != nil {
			return err
		}
	}
	if err := m.moveFiles(f.goes); err != nil {
		_ = to.dir.Rmdir(to.name) // nothing was moved, if it was the first
		return err
	}
	if err := m.moveFolders(f.folders); err != nil {
		return err
	}
	return m.from.SyncFS()
}
