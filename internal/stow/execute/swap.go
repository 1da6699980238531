package execute

import (
	"errors"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// swapSides exchanges a directory with a link, or with a file that already has another name.
func (r *run) swapSides(d *fsys.Dir, f *folder, i int32, name string) error {
	e := &r.goal.effects[i]
	var was fsys.Info
	if e.Was.Type == farm.File {
		var err error
		if was, err = (mover{r}).keepFile(d, e, name); err != nil {
			return err
		}
	}
	if err := r.chooseStage(d, f); err != nil {
		return err
	}
	x := &exchange{run: r, d: d, f: f, i: i, e: e, name: name, was: was}
	err := x.perform()
	if !errors.Is(err, unix.EXDEV) || f.beside {
		return err
	}
	// A bind mount, which the device number does not show: the entry is staged on the wrong side of it.
	if err := removeTree(x.at.dir, x.at.now); err != nil {
		return err
	}
	if err := r.stage.eraseRecord(x.what); err != nil {
		return err
	}
	if err := r.stage.stageBeside(f); err != nil {
		return err
	}
	return x.perform()
}

// chooseStage chooses where to build the new side: on the same file system, and where it gets the group and access list
// that it would have got in place.
func (r *run) chooseStage(d *fsys.Dir, f *folder) error {
	if f.beside || f.path == "" {
		return nil
	}
	here, err := d.Self()
	if err != nil {
		return err
	}
	target, err := r.target.Self()
	if err != nil {
		return err
	}
	if r.stage.none || here.Dev != target.Dev || (here.Mode|target.Mode)&unix.S_ISGID != 0 || d.DefaultACL() || r.target.DefaultACL() {
		return r.stage.stageBeside(f)
	}
	return nil
}

// exchange is one swap.
type exchange struct {
	*run
	d    *fsys.Dir
	f    *folder
	i    int32
	e    *effect // the effect with number i
	name string
	was  fsys.Info // the file that was there, if it was one
	at   slot
	what string // the record
	out  string // the former entry's name in the slot, after the exchange
}

func (x *exchange) perform() (err error) {
	if x.at, err = x.stage.slotFor(x.d, x.f, x.name); err != nil {
		return err
	}
	defer func() {
		if err != nil && x.stage.none {
			x.discardNewSide()
		}
	}()
	if err = x.buildNewSide(); err != nil {
		return err
	}
	if err = x.stage.writeRecord(x.what, x.e.Path); err != nil {
		return err
	}
	if err = x.exchangeSides(); err != nil {
		return err
	}
	if x.e.Was.Type == farm.File { // while the record still names its second name
		if err := x.at.dir.Remove(x.out); err != nil {
			return err
		}
		return x.stage.eraseRecord(x.what)
	}
	if err := x.stage.eraseRecord(x.what); err != nil {
		return err
	}
	return unlessMissing(removeTree(x.at.dir, x.out)) // after emptyInPlace there is nothing left
}

// discardNewSide removes the new side if it is still, or again, the staged one and nothing else will remove it, because
// there is no staging directory.
func (x *exchange) discardNewSide() {
	t, _, err := x.at.dir.Look(x.at.now)
	if err == nil && (t == fsys.Directory) == (x.e.Is.Type == farm.Dir) {
		removeTree(x.at.dir, x.at.now) //nolint:errcheck // the first error is reported
	}
}

// exchangeSides puts the new side in place and takes out the old.
func (x *exchange) exchangeSides() error {
	x.out = x.at.now
	var err error = unix.ENOSYS
	if !x.options.noExchange {
		err = x.at.dir.Exchange(x.at.now, x.d, x.name)
	}
	if fsys.Unsupported(err) {
		return x.renameTwice()
	}
	if errors.Is(err, unix.EXDEV) && x.f.beside && x.what == recordRefold {
		return x.emptyInPlace()
	}
	if err != nil {
		return err
	}
	if err = x.checkOldSide(x.out); err != nil {
		return errors.Join(err, x.at.dir.Exchange(x.at.now, x.d, x.name))
	}
	return nil
}

// buildNewSide stages the new side.
func (x *exchange) buildNewSide() error {
	e := x.e
	if e.Is.Type == farm.Symlink {
		x.what = recordRefold
		return x.at.dir.Symlink(e.Is.Text, x.at.now)
	}
	x.what = recordUnfold
	if err := x.at.dir.Mkdir(x.at.now, 0o777); err != nil {
		return err
	}
	root, err := x.at.dir.OpenDir(x.at.now)
	if err != nil {
		return err
	}
	defer root.Close()
	dirs := opener{root: root}
	defer dirs.close()
	for _, f := range x.goal.swapped[x.i] {
		if len(f.effects) == 0 {
			continue
		}
		d, err := dirs.open(f.path[min(len(e.Path)+1, len(f.path)):])
		if err != nil {
			return err
		}
		for _, i := range f.effects {
			if err := buildEntry(d, &x.goal.effects[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func buildEntry(d *fsys.Dir, e *effect) error {
	_, name := splitPath(e.Path)
	if e.Is.Type == farm.Dir {
		return d.Mkdir(name, 0o777)
	}
	return d.Symlink(e.Is.Text, name)
}

// checkOldSide checks that the entry removed from the tree is the one that the plan removes.
func (x *exchange) checkOldSide(name string) error {
	e := x.e
	switch e.Was.Type {
	case farm.Dir:
		return x.checkOnlyPlanned(x.at.dir, name, e.Path, true)
	case farm.File:
		now, err := x.at.dir.Lstat(name)
		if err == nil && (now.Ino != x.was.Ino || now.Dev != x.was.Dev) {
			return changedError(x.at.dir, "unfold", name)
		}
		return err
	}
	return checkReads(x.at.dir, "unfold", name, e.Was.Text)
}

// renameTwice replaces an entry on a file system that cannot exchange: the path is missing for a moment. The record lets
// Recover finish a run that is killed at that moment.
func (x *exchange) renameTwice() error {
	if err := x.openWindow(); err != nil {
		return err
	}
	if err := x.d.RenameNew(x.name, x.at.dir, x.at.old); err != nil {
		return err
	}
	x.out = x.at.old
	err := x.checkOldSide(x.out)
	if err == nil {
		err = x.at.dir.RenameNew(x.at.now, x.d, x.name)
	}
	if err != nil {
		return errors.Join(err, x.at.dir.RenameNew(x.at.old, x.d, x.name))
	}
	return nil
}

// openWindow warns that the path will be missing for a moment, or refuses that.
func (x *exchange) openWindow() error {
	path := pathOf(x.d, x.name)
	switch {
	case x.options.RequireAtomic:
		return &fsys.Error{Verb: "replace", Path: path, Err: ErrNotAtomic}
	case x.stage.none:
		return &fsys.Error{Verb: "replace", Path: path, Err: ErrNotAtomic, Hint: "and a kill could not be recovered from, as the target cannot be written to"}
	}
	x.options.Log(2, "no exchange of a link and a directory on this file system: "+quote(x.e.Path)+" is not there for a moment")
	return nil
}

// emptyInPlace empties the directory on a file system that cannot even rename it, such as overlayfs for a directory from
// a lower layer. Recover continues it.
func (x *exchange) emptyInPlace() error {
	if err := x.openWindow(); err != nil {
		return err
	}
	if err := x.stage.writeRecord(recordMelt, x.e.Path); err != nil {
		return err
	}
	if err := x.checkOnlyPlanned(x.d, x.name, x.e.Path, true); err != nil {
		return errors.Join(err, x.stage.eraseRecord(recordMelt))
	}
	if err := removeTree(x.d, x.name); err != nil {
		return err
	}
	if err := x.at.dir.RenameNew(x.at.now, x.d, x.name); err != nil {
		return err
	}
	return x.stage.eraseRecord(recordMelt)
}
