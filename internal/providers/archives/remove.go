package archives

import (
	"context"
	"errors"
	"path"

	"converge/internal/fsys"
	"converge/resources"
)

// remover removes what was unpacked, and leaves entries of others.
type remover struct{ *base }

// remove removes what was unpacked: as a whole if nothing else is there. It is kept under another name until the
// history forgets the run.
func (r remover) remove(ctx context.Context, w resources.ArchiveWant) error {
	at := r.physical(w.Path.Bytes())
	if err := r.declared.refuseOwn(at); err != nil {
		return err
	}
	f, err := r.find(ctx, w, at)
	if err != nil {
		return err
	}
	if err := f.refuseMount(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, l := range f.links {
		if err := r.switchLink(ctx, l.path, ""); err != nil {
			return err
		}
	}
	if f.isGone() {
		return nil
	}
	if err := r.setKeptAside(at); err != nil {
		return err
	}
	return r.setAside(f)
}

// moveTo moves the removed entries to a place: as a whole if nothing stays. If it cannot move all, it moves the others
// back, so that no removal is in two places; begun reports whether it moved any.
func (r remover) moveTo(f *found, parent *fsys.Dir, to spot) (begun bool, err error) {
	name := path.Base(f.at)
	if len(f.stays) == 0 {
		return false, parent.RenameNew(name, to.dir, to.name)
	}
	m, err := openMover(spot{parent, name}, to)
	if err != nil {
		return false, err
	}
	defer m.close()
	if err := m.moveAll(f.roots()); err != nil {
		back := m.moveBack()
		if back == nil && m.made { // otherwise it contains what was kept before
			to.clear()
		}
		return len(m.moved) > 0, errors.Join(err, back)
	}
	return true, m.from.SyncFS()
}
