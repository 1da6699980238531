package store

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"converge/internal/fsys"
)

// carryOut carries out a plan in an order in which a kill at any moment is
// recoverable: goals first, then links, and the new record last. The goals of
// stows are recorded before those of unstows: recovery may find only some of
// them, and must not remove what was to change hands.
func (r *run) carryOut(ctx context.Context, p Plan) error {
	var jobs []*job
	for i, j := range r.jobs {
		if !p.Moves[i].Nothing {
			jobs = append(jobs, j)
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.foo, b.foo))
	})
	// Links may be on another disk, and be on it before the record is on its own.
	durable := func(j *job) error { return r.sync(j.seat.dir) }
	for _, phase := range []func(*job) error{r.begin, r.hold, durable} {
		for _, j := range jobs {
			if err := phase(j); err != nil {
				return err
			}
		}
	}
	if len(p.Ops) > 0 {
		if err := r.cfg.Execute.Run(ctx, r.at.dir, p.Ops); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if err := r.commit(j); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		r.notify(ctx, j)
	}
	return nil
}

func rank(j *job) int {
	if j.goal.Nothing {
		return 1
	}
	return 0
}

// write is one change to the record.
func (r *run) write(step string, f func() error) error {
	if r.hook != nil {
		if err := r.hook(step); err != nil {
			return err
		}
	}
	return f()
}

// sync makes the record in d durable.
func (r *run) sync(d *fsys.Dir) error {
	if r.cfg.NoSync {
		return nil
	}
	return d.Sync()
}

// begin records the goal of a package. The holder that loses the package is
// notified first, by the removal of :managed-by.
func (r *run) begin(j *job) error {
	if err := r.takeSeat(j); err != nil {
		return err
	}
	d := j.seat.dir
	if j.take {
		if err := r.recordForce(j); err != nil {
			return err
		}
		if err := r.write("erase "+nameManagedBy, func() error { return d.Remove(nameManagedBy) }); err != nil {
			return err
		}
	}
	if j.was.stowing {
		return nil
	}
	if err := r.note(j); err != nil {
		return err
	}
	return r.write("goal", func() error { return d.Symlink(j.goal.text(j.seat.base), nameStowing) })
}

// hold records the holder of a package, before its first link.
func (r *run) hold(j *job) error {
	d := j.seat.dir
	switch {
	case j.drop:
		return r.write("drop "+nameManagedBy, func() error { return d.Remove(nameManagedBy) })
	case j.hold != "":
		return r.write("hold", func() error { return d.Symlink(j.hold, nameManagedBy) })
	}
	return nil
}

// commit makes the goal the record.
func (r *run) commit(j *job) error {
	d := j.seat.dir
	var err error
	switch {
	case !j.cancel && !j.goal.Config && !j.goal.Nothing:
		err = r.write("commit", func() error { return d.Rename(nameStowing, d, nameInstalled) })
	case !j.cancel && !j.goal.Config && j.was.installed != "":
		err = r.write("remove "+nameInstalled, func() error { return d.Remove(nameInstalled) })
		fallthrough
	default:
		if err == nil {
			err = r.write("forget goal", func() error { return d.Remove(nameStowing) })
		}
	}
	if err == nil {
		err = r.unnote(j)
	}
	if err == nil {
		err = r.sync(d)
	}
	if err != nil {
		return err
	}
	return r.leaveSeat(j)
}

// takeSeat makes the place for the state of a package of a view, and has the
// store know the view.
func (r *run) takeSeat(j *job) error {
	if j.seat.dir != nil {
		return nil
	}
	if err := r.register(); err != nil {
		return err
	}
	all, err := r.ensureDir(r.at.dir, nameViewState)
	if err != nil {
		return err
	}
	defer all.Close()
	j.seat.dir, err = r.ensureDir(all, j.foo)
	return err
}

// leaveSeat takes the state of a package out of a view that shows nothing of
// it any more.
func (r *run) leaveSeat(j *job) error {
	if r.at.home {
		return nil
	}
	left, err := j.seat.dir.Entries()
	if err == nil && onlyOptions(left) {
		left, err = nil, j.seat.dir.Remove(nameOptions)
	}
	if err != nil || len(left) > 0 {
		return err
	}
	all, err := r.at.dir.OpenDir(nameViewState)
	if err != nil {
		return err
	}
	defer all.Close()
	return r.write("leave seat", func() error { return all.Rmdir(j.foo) })
}

// ensureDir opens a directory, and makes it if there is none.
func (r *run) ensureDir(d *fsys.Dir, name string) (*fsys.Dir, error) {
	sub, err := d.OpenDir(name)
	if !gone(err) {
		return sub, err
	}
	err = r.write("mkdir "+name, func() error { return d.Mkdir(name, 0o777) })
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return nil, err
	}
	return d.OpenDir(name)
}
