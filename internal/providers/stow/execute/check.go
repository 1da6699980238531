package execute

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// check finds out what can be known to fail, before anything is changed.
func (r *run) check(ctx context.Context) error {
	swaps := false
	for _, f := range r.goal.folders {
		if f.swap != noSwap || len(f.effects) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !f.fresh {
			if err := r.target.Writable(f.path); err != nil {
				return unexpected(err)
			}
		}
		for _, i := range f.effects {
			e := &r.goal.effects[i]
			swaps = swaps || e.swaps()
			if err := r.checkOne(f, e); err != nil {
				return unexpected(err)
			}
		}
	}
	if !swaps || !r.options.RequireAtomic {
		return nil
	}
	return r.probe()
}

// checkOne looks at what comes or goes as a whole, and at where files go.
func (r *run) checkOne(f *folder, e *effect) error {
	if e.to != "" {
		above, _ := split(e.to)
		if err := r.target.Writable(above); err != nil {
			return err
		}
	}
	if e.was.kind != dir && !e.swaps() {
		return nil
	}
	if up := r.goal.at(f.path); up != nil && up.was.kind == dir && up.changes() {
		return nil // looked at with the directory above, which goes as well
	}
	d, err := r.dirs.open(f.path)
	if err != nil {
		return err
	}
	_, name := split(e.path)
	switch e.was.kind {
	case dir:
		// Where links go one by one, each is read then.
		err = missingIsFine(r.onlyPlanned(d, name, e.path, e.is.kind == link))
	case link:
		var ok bool
		if ok, err = d.Reads(name, e.was.text); err == nil && !ok {
			err = changed(d, "unfold", name)
		}
	}
	return err
}

// probe finds out whether the file system can exchange a link and a directory.
func (r *run) probe() error {
	d, err := r.stage.open()
	if err != nil {
		return err
	}
	if err = d.Mkdir(newName, 0o700); err == nil {
		err = d.Symlink("x", oldName)
	}
	switch {
	case err != nil:
	case r.options.noExchange:
		err = unix.ENOSYS
	default:
		err = d.Exchange(newName, d, oldName)
	}
	if fsys.Unsupported(err) {
		err = &fsys.Error{Verb: "replace", Path: r.target.Path(), Err: ErrNotAtomic}
	}
	for _, name := range []string{newName, oldName} {
		if rerr := removeAll(d, name); err == nil {
			err = rerr
		}
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, r.stage.close(context.Background(), false))
}
