package execute

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// run is one plan being carried out.
type run struct {
	goal    *net
	target  *fsys.Dir
	dirs    opener
	stage   staging
	options Options
	report  Report
	devices map[uint64]*fsys.Dir // file systems to make durable, by number
	still   bool                 // the directory at hand is as the plan saw it
}

// all carries out every effect in the order that keeps things reachable:
// directories before their content, and removals the other way round.
func (r *run) all(ctx context.Context) error {
	for _, t := range []turn{early, late, first, last} {
		for i := range r.goal.folders {
			if t == first || t == last {
				i = len(r.goal.folders) - 1 - i
			}
			if err := r.each(ctx, r.goal.folders[i], t); err != nil {
				return err
			}
		}
	}
	return nil
}

// each carries out those effects in one directory whose turn it is.
func (r *run) each(ctx context.Context, f *folder, t turn) error {
	if f.swap != noSwap || f.due[t] == 0 {
		return nil // it comes or goes as a whole
	}
	var d *fsys.Dir
	for _, i := range f.effects {
		e := &r.goal.effects[i]
		if e.turn != t {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d == nil {
			var err error
			if d, err = r.dirs.open(f.path); err != nil {
				return unexpected(err)
			}
			if err = r.elsewhere(d); err != nil {
				return err
			}
			if r.still, err = r.untouched(d, f); err != nil {
				return err
			}
		}
		_, name := split(e.path)
		if err := r.one(d, f, i, name); err != nil {
			return unexpected(err)
		}
	}
	return nil
}

// unexpected reports with an error that the tree is not the planned one.
func unexpected(err error) error {
	var e *fsys.Error
	if !errors.As(err, &e) || e.Hint != "" {
		return err
	}
	switch {
	case errors.Is(e.Err, unix.ELOOP) || errors.Is(e.Err, unix.ENOTDIR):
		return &fsys.Error{Verb: e.Verb, Path: e.Path, Err: ErrChanged, Hint: "there is no directory, or a link in its place"}
	case errors.Is(e.Err, fs.ErrNotExist):
		return &fsys.Error{Verb: e.Verb, Path: e.Path, Err: ErrChanged, Hint: "it is gone"}
	}
	return err
}

func (r *run) one(d *fsys.Dir, f *folder, i int32, name string) error {
	e := &r.goal.effects[i]
	switch {
	case e.is.kind == none:
		return r.remove(d, e, name)
	case e.swaps():
		return r.swap(d, f, i, name)
	case e.from != "":
		return r.restore(d, e, name)
	case e.was.kind == file:
		return r.adopt(d, f, e, name)
	case e.was.kind == link:
		return r.replace(d, f, e, name)
	case e.is.kind == dir:
		return r.mkdir(d, name)
	}
	return r.link(d, e, name)
}

// link makes a link where nothing is. If it is there already, that is as well.
func (r *run) link(d *fsys.Dir, e *effect, name string) error {
	err := d.Symlink(e.is.text, name)
	if errors.Is(err, fs.ErrExist) {
		if there, rerr := d.Reads(name, e.is.text); there || rerr != nil {
			return rerr
		}
		return changed(d, "link", name)
	}
	if err == nil {
		r.report.Links++
	}
	return err
}

func (r *run) mkdir(d *fsys.Dir, name string) error {
	err := d.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrExist) {
		if t, _, lerr := d.Look(name); lerr != nil || t == fsys.Directory {
			return lerr
		}
		return changed(d, "create directory", name)
	}
	if err == nil {
		r.report.Dirs++
	}
	return err
}

// replace puts a link in the place of another.
func (r *run) replace(d *fsys.Dir, f *folder, e *effect, name string) error {
	ok, err := d.Reads(name, e.was.text)
	if err != nil {
		return err
	}
	if !ok {
		if done, err := d.Reads(name, e.is.text); done || err != nil {
			return err
		}
		return changed(d, "replace", name)
	}
	if err := r.putLink(d, f, e.is.text, name); err != nil {
		return err
	}
	r.report.Replaced++
	return nil
}

// remove removes a link or a directory. A missing one counts as removed.
func (r *run) remove(d *fsys.Dir, e *effect, name string) error {
	if e.was.kind == dir {
		return r.rmdir(d, name)
	}
	ok, err := r.still, error(nil)
	if !ok {
		ok, err = d.Reads(name, e.was.text)
	}
	switch {
	case err != nil:
		return err
	case ok:
		if err = d.Remove(name); err == nil {
			r.report.Removed++
		}
		return missingIsFine(err)
	}
	if t, _, err := d.Look(name); err != nil || t == fsys.Nothing {
		return err
	}
	return changed(d, "remove", name)
}

// brief is so few changes that a directory that was untouched before the first
// counts as untouched until the last, as a link does between a look at it and its
// removal: some 2 ms.
const brief = 256

// untouched reports whether a directory is as the plan saw it, so that its
// links need no look.
func (r *run) untouched(d *fsys.Dir, f *folder) (bool, error) {
	if len(f.effects) > brief {
		return false, nil
	}
	return d.Untouched(r.options.Since)
}

func (r *run) rmdir(d *fsys.Dir, name string) error {
	err := d.Rmdir(name)
	switch {
	case err == nil:
		r.report.Rmdirs++
	case errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, fs.ErrExist):
		return inTheWay(d, name)
	}
	return missingIsFine(err)
}

// inTheWay names what keeps a directory from being removed.
func inTheWay(d *fsys.Dir, name string) error {
	e := &fsys.Error{Verb: "remove", Path: pathOf(d, name), Err: unix.ENOTEMPTY}
	sub, err := d.OpenDir(name)
	if err != nil {
		return e
	}
	defer sub.Close()
	if list, err := sub.Entries(); err == nil && len(list) > 0 {
		e.Err, e.Hint = ErrChanged, "it holds "+quote(list[0].Name)
	}
	return e
}

func missingIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// changed reports that the entry at name is not the planned one.
func changed(d *fsys.Dir, verb, name string) error {
	e := &fsys.Error{Verb: verb, Path: pathOf(d, name), Err: ErrChanged}
	switch t, text, err := d.Look(name); {
	case err != nil:
	case t == fsys.Nothing:
		e.Hint = "it is gone"
	case t == fsys.Symlink:
		e.Hint = "it is a link that reads " + quote(text)
	default:
		e.Hint = "it is " + t.String()
	}
	return e
}

// elsewhere notes a directory that may be on another file system, to be made
// durable as well.
func (r *run) elsewhere(d *fsys.Dir) error {
	if !r.options.Sync {
		return nil
	}
	info, err := d.Self()
	if err != nil || r.devices[info.Dev] != nil {
		return err
	}
	keep, err := d.OpenPath("")
	if err == nil {
		if r.devices == nil {
			r.devices = map[uint64]*fsys.Dir{}
		}
		r.devices[info.Dev] = keep
	}
	return err
}

// sync makes durable what was done, if it is to be, and lets go of the rest.
func (r *run) sync(do bool) (err error) {
	for _, d := range r.devices {
		if do {
			err = errors.Join(err, d.SyncFS())
		}
		d.Close()
	}
	return err
}
