package execute

import (
	"errors"
	"io/fs"
	"path"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// carryOut completes the change that a record describes.
func (r *recovery) carryOut(record string) error {
	t, text, err := r.dir.Look(record)
	switch {
	case err != nil || t == fsys.Nothing:
		return err
	case t != fsys.Symlink:
		return &fsys.Error{Verb: "remove", Path: pathOf(r.dir, record), Err: ErrForeign}
	case isExchange(record):
		return r.settleExchange(text, record)
	case record == recordAdopt || record == recordCopy:
		return r.removeSecondName(text, record == recordCopy)
	}
	return r.removeStaged(text)
}

// openWithin opens a directory of the target. A missing one counts as empty: nil.
func (r *recovery) openWithin(path string) (*fsys.Dir, error) {
	if path == "." { // no link reads ""
		path = ""
	}
	d, err := r.target.OpenPath(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return d, err
}

// settleExchange ensures that the entry exchanged at p is entirely the old or the new one. If the removed entry is not
// certainly the one that the plan removes, it is put back.
func (r *recovery) settleExchange(p, record string) error {
	above, name := splitPath(p)
	d, err := r.openWithin(above)
	if d == nil {
		return err
	}
	defer d.Close()
	for _, at := range []slot{{dir: r.dir, now: newName, old: oldName}, besideSlot(d, name)} {
		if record == recordMelt {
			err = finishMelt(at, d, name)
		} else {
			err = settleSlot(at, d, name, record == recordUnfold)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func settleSlot(at slot, d *fsys.Dir, name string, unfold bool) error {
	now, _, err := at.dir.Look(at.now)
	if err != nil {
		return err
	}
	old, _, err := at.dir.Look(at.old)
	if err != nil {
		return err
	}
	there, _, err := d.Look(name)
	if err != nil {
		return err
	}
	// Before the exchange, the new side is staged: a directory if this is an unfold.
	exchanged := now != fsys.Nothing && (now == fsys.Directory) != unfold
	switch {
	case old != fsys.Nothing && there == fsys.Nothing:
		return at.dir.RenameNew(at.old, d, name)
	case old != fsys.Nothing && now != fsys.Nothing:
		return &fsys.Error{Verb: "put back", Path: pathOf(d, name), Err: ErrForeign, Hint: "what was there is " + quote(pathOf(at.dir, at.old))}
	case exchanged && there == fsys.Nothing:
		return at.dir.RenameNew(at.now, d, name)
	case exchanged:
		return at.dir.Exchange(at.now, d, name)
	}
	return nil
}

// finishMelt continues after a run that was killed while it emptied a directory, which contained only links that the
// plan removes.
func finishMelt(at slot, d *fsys.Dir, name string) error {
	now, _, err := at.dir.Look(at.now)
	if err != nil || now == fsys.Nothing {
		return err
	}
	there, _, err := d.Look(name)
	switch {
	case err != nil:
		return err
	case there == fsys.Directory:
		if err := removeTree(d, name); err != nil {
			return err
		}
	case there != fsys.Nothing:
		return nil
	}
	return at.dir.RenameNew(at.now, d, name)
}

// removeSecondName removes the second name of an adopted file, or a partial copy of it.
func (r *recovery) removeSecondName(p string, copied bool) error {
	above, name := splitPath(p)
	if !isBeside(name) {
		return &fsys.Error{Verb: "remove", Path: p, Err: ErrForeign}
	}
	d, err := r.target.Follow(path.Clean(above))
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR):
		return nil
	case err != nil:
		return err
	}
	defer d.Close()
	info, err := d.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Type == fsys.Directory || info.Links < 2 && !copied:
		return &fsys.Error{Verb: "remove", Path: pathOf(d, name), Err: ErrForeign}
	}
	return unlessMissing(d.Remove(name))
}

// removeStaged removes the staged entries in a directory of the target.
func (r *recovery) removeStaged(path string) error {
	d, err := r.openWithin(path)
	if d == nil {
		return err
	}
	defer d.Close()
	list, err := d.Entries()
	if err != nil {
		return err
	}
	for _, e := range list {
		if !isBeside(e.Name) {
			continue
		}
		if err := unlessMissing(removeTree(d, e.Name)); err != nil {
			return err
		}
	}
	return nil
}
