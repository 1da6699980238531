package execute

import (
	"context"
	"errors"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// run carries out one plan.
type run struct {
	goal    *netEffects
	target  *fsys.Dir
	dirs    opener
	stage   staging
	disks   disks
	options Options
}

// runPhases carries out every effect in an order that keeps paths reachable: directories are made before their content,
// and removed after it.
func (r *run) runPhases(ctx context.Context) error {
	for _, p := range []phase{addOthers, addPrograms, removePrograms, removeOthers} {
		for i := range r.goal.folders {
			if p == removePrograms || p == removeOthers {
				i = len(r.goal.folders) - 1 - i
			}
			if err := r.runPhase(ctx, r.goal.folders[i], p); err != nil {
				return err
			}
		}
	}
	return nil
}

// runPhase carries out the effects of one phase in one directory.
func (r *run) runPhase(ctx context.Context, f *folder, p phase) error {
	if f.swap != noSwap || f.due[p] == 0 {
		return nil // it is added or removed as a whole
	}
	at := entries{run: r, folder: f}
	for _, i := range f.effects {
		e := &r.goal.effects[i]
		if e.phase != p {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if at.dir == nil {
			if err := at.open(); err != nil {
				return explainChange(err)
			}
		}
		if err := r.runEffect(at, i); err != nil {
			return explainChange(err)
		}
	}
	return nil
}

func (r *run) runEffect(at entries, i int32) error {
	e := &r.goal.effects[i]
	_, name := splitPath(e.Path)
	switch {
	case e.Is.Type == farm.None:
		return at.removeEntry(e, name)
	case e.swaps():
		return r.swapSides(at.dir, at.folder, i, name)
	case e.From != "":
		return mover{r}.restoreFile(at.dir, e, name)
	case e.Was.Type == farm.File:
		return mover{r}.adoptFile(at.dir, at.folder, e, name)
	case e.Was.Type == farm.Symlink:
		return at.replaceLink(e, name)
	case e.Is.Type == farm.Dir:
		return at.makeDir(name)
	}
	return at.makeLink(e, name)
}

// disks are the file systems that a run has changed. It syncs them at its end.
type disks struct {
	skip bool                 // sync nothing
	dirs map[uint64]*fsys.Dir // one directory of each, by number
}

// add adds the file system of a directory.
func (s *disks) add(d *fsys.Dir) error {
	if s.skip {
		return nil
	}
	info, err := d.Self()
	if err != nil || s.dirs[info.Dev] != nil {
		return err
	}
	keep, err := d.OpenPath("")
	if err == nil {
		s.dirs[info.Dev] = keep
	}
	return err
}

// syncDir makes the entries of a directory durable now.
func (s *disks) syncDir(d *fsys.Dir) error {
	if s.skip {
		return nil
	}
	if err := s.add(d); err != nil {
		return err
	}
	return d.Sync()
}

// close syncs all of them, if do is set, and closes their directories.
func (s *disks) close(do bool) (err error) {
	for _, d := range s.dirs {
		if do {
			err = errors.Join(err, d.SyncFS())
		}
		d.Close()
	}
	return err
}
