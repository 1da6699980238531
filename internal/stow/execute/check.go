package execute

import (
	"cmp"
	"context"
	"errors"
	"path"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// checker finds foreseeable failures before anything is changed.
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

// checkEffect checks an effect that adds or removes a whole directory, and the new places of files.
func (r checker) checkEffect(f *folder, e *effect) error {
	if err := r.checkMove(e); err != nil {
		return err
	}
	if e.Was.Type != farm.Dir && !e.swaps() {
		return nil
	}
	if up := r.goal.effectAt(f.path); up != nil && up.Was.Type == farm.Dir && up.changes() {
		return nil // checked with the directory above, which is removed as well
	}
	d, err := r.dirs.open(f.path)
	if err != nil {
		return err
	}
	_, name := splitPath(e.Path)
	switch e.Was.Type {
	case farm.Dir:
		// If links are removed one by one, each is read at that time.
		err = unlessMissing(r.checkOnlyPlanned(d, name, e.Path, e.Is.Type == farm.Symlink))
	case farm.Symlink:
		err = checkReads(d, "unfold", name, e.Was.Text)
	}
	return err
}

// checkMove checks whether a file can be moved to or from its new place.
func (r checker) checkMove(e *effect) error {
	switch {
	case e.To != "":
		above, _ := splitPath(e.To)
		d, err := r.target.Follow(cmp.Or(above, "."))
		if err != nil {
			return err
		}
		defer d.Close()
		return d.Writable("")
	case e.From != "":
		above, _ := splitPath(e.From)
		return r.target.Writable(above)
	}
	return nil
}

// probeExchanges determines whether the file systems of the target and of those directories can exchange a link and a
// directory.
func (r checker) probeExchanges(swaps []*folder) error {
	dir, err := r.stage.open()
	if err != nil || dir == nil { // without it each exchange is tried by itself
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

// checkOnlyPlanned checks that the directory at name in d, formerly at top, contains only entries that the plan removes.
// texts: links must also have the planned texts.
func (r *run) checkOnlyPlanned(d *fsys.Dir, name, top string, texts bool) error {
	return walkDirs(d, name, func(at *fsys.Dir, rel string, list []fsys.DirEntry) error {
		rel = path.Join(top, rel)
		for _, entry := range list {
			planned, err := r.isPlanned(at, rel, entry, texts)
			if err != nil {
				return err
			}
			if !planned {
				return &fsys.Error{Verb: "fold", Path: pathOf(r.target, rel), Err: ErrChanged, Hint: "it holds " + quote(entry.Name)}
			}
		}
		return nil
	})
}

// isPlanned reports whether the plan removes an entry of the directory at path.
func (r *run) isPlanned(at *fsys.Dir, path string, entry fsys.DirEntry, texts bool) (bool, error) {
	e := r.goal.effectAt(path + "/" + entry.Name)
	switch {
	case e != nil && e.gone && !texts: // a file that will have moved by then
		return true, nil
	case e == nil || e.Is.Type != farm.None || e.To != "":
		return false, nil
	case e.Was.Type == farm.Dir:
		return entry.Type == fsys.Directory, nil
	case e.Was.Type == farm.Symlink && entry.Type == fsys.Symlink && texts:
		return at.Reads(entry.Name, e.Was.Text)
	}
	return e.Was.Type == farm.Symlink && entry.Type == fsys.Symlink, nil
}
