package execute

import (
	"cmp"
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// checker finds the failures that can be foreseen, before anything is changed.
type checker struct{ *run }

func (r checker) checkAll(ctx context.Context) error {
	var swaps []*folder
	for _, f := range r.goal.folders {
		if f.swap != noSwap || len(f.effects) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !f.fresh {
			if err := r.target.Writable(f.path); err != nil {
				return explainChange(err)
			}
		}
		found := false
		for _, i := range f.effects {
			e := &r.goal.effects[i]
			found = found || e.swaps()
			if err := r.checkEffect(f, e); err != nil {
				return explainChange(err)
			}
		}
		if found {
			swaps = append(swaps, f)
		}
	}
	if !r.options.RequireAtomic || len(swaps) == 0 {
		return nil
	}
	if err := r.probeExchanges(swaps); err != nil {
		return errors.Join(err, r.stage.close(context.WithoutCancel(ctx), false))
	}
	return nil
}

// checkEffect checks an effect that adds or removes a whole directory, and the new
// places of files.
func (r checker) checkEffect(f *folder, e *effect) error {
	if err := r.checkMove(e); err != nil {
		return err
	}
	if e.was.kind != dir && !e.swaps() {
		return nil
	}
	if up := r.goal.effectAt(f.path); up != nil && up.was.kind == dir && up.changes() {
		return nil // looked at with the directory above, which goes as well
	}
	d, err := r.dirs.open(f.path)
	if err != nil {
		return err
	}
	_, name := splitPath(e.path)
	switch e.was.kind {
	case dir:
		// Where links go one by one, each is read then.
		err = unlessMissing(r.checkOnlyPlanned(d, name, e.path, e.is.kind == link))
	case link:
		var ok bool
		if ok, err = d.Reads(name, e.was.text); err == nil && !ok {
			err = changedError(d, "unfold", name)
		}
	}
	return err
}

// checkMove looks whether a file can be moved to its new place, and from there.
func (r checker) checkMove(e *effect) error {
	switch {
	case e.to != "":
		above, _ := splitPath(e.to)
		d, err := r.target.Follow(cmp.Or(above, "."))
		if err != nil {
			return err
		}
		defer d.Close()
		return d.Writable("")
	case e.from != "":
		above, _ := splitPath(e.from)
		return r.target.Writable(above)
	}
	return nil
}

// probeExchanges finds out whether the file systems of the target and of those
// directories can exchange a link and a directory.
func (r checker) probeExchanges(swaps []*folder) error {
	dir, err := r.stage.open()
	if err != nil || dir == nil { // without it each exchange stands for itself
		return err
	}
	if err := r.probeExchange(slot{dir: dir, now: newName, old: oldName}); err != nil {
		return err
	}
	target, err := dir.Self()
	if err != nil {
		return err
	}
	done := map[uint64]bool{target.Dev: true}
	for _, f := range swaps {
		d, err := r.dirs.open(f.path)
		if err != nil {
			return err
		}
		info, err := d.Self()
		if err != nil {
			return err
		}
		if done[info.Dev] {
			continue
		}
		done[info.Dev] = true
		if err := r.stage.stageBeside(f); err != nil {
			return err
		}
		if err := r.probeExchange(besideSlot(d, "probe")); err != nil {
			return err
		}
	}
	return nil
}

func (r checker) probeExchange(at slot) error {
	err := at.dir.Mkdir(at.now, 0o700)
	if err == nil {
		err = at.dir.Symlink("x", at.old)
	}
	switch {
	case err != nil:
	case r.options.noExchange:
		err = unix.ENOSYS
	default:
		err = at.dir.Exchange(at.now, at.dir, at.old)
	}
	if fsys.Unsupported(err) {
		err = &fsys.Error{Verb: "replace", Path: at.dir.Path(), Err: ErrNotAtomic}
	}
	for _, name := range []string{at.now, at.old} {
		if rerr := removeTree(at.dir, name); err == nil {
			err = rerr
		}
	}
	return err
}
