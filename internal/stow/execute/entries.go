package execute

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// entries makes, replaces and removes links and directories in one directory.
type entries struct {
	*run
	folder *folder
	dir    *fsys.Dir // nil until it is opened
	still  bool      // the directory is unchanged since the plan read it, so its links need no check
}

func (t *entries) open() (err error) {
	if t.dir, err = t.dirs.open(t.folder.path); err != nil {
		return err
	}
	if err = t.disks.add(t.dir); err != nil {
		return err
	}
	if len(t.folder.effects) <= brief {
		t.still, err = t.dir.Untouched(t.options.Since)
	}
	return err
}

// brief is how many changes may follow a single check of a directory: if it was untouched before the first, it counts as
// untouched until the last. As much time, some 2 ms, passes between reading a link and removing it.
const brief = 256

// makeLink makes a link at a free name. It accepts an existing link that is equal.
func (t entries) makeLink(e *effect, name string) error {
	err := t.dir.Symlink(e.Is.Text, name)
	if errors.Is(err, fs.ErrExist) {
		if there, rerr := t.dir.Reads(name, e.Is.Text); there || rerr != nil {
			return rerr
		}
		return changedError(t.dir, "link", name)
	}
	return err
}

func (t entries) makeDir(name string) error {
	err := t.dir.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrExist) {
		if t, _, lerr := t.dir.Look(name); lerr != nil || t == fsys.Directory {
			return lerr
		}
		return changedError(t.dir, "create directory", name)
	}
	return err
}

// replaceLink replaces one link by another.
func (t entries) replaceLink(e *effect, name string) error {
	ok, err := t.dir.Reads(name, e.Was.Text)
	if err != nil {
		return err
	}
	if !ok {
		if done, err := t.dir.Reads(name, e.Is.Text); done || err != nil {
			return err
		}
		return changedError(t.dir, "replace", name)
	}
	return t.stage.putLink(t.dir, t.folder, e.Is.Text, name)
}

// removeEntry removes a link or a directory. A missing one counts as removed.
func (t entries) removeEntry(e *effect, name string) error {
	if e.Was.Type == farm.Dir {
		return t.removeDir(name)
	}
	ok, err := t.still, error(nil)
	if !ok {
		ok, err = t.dir.Reads(name, e.Was.Text)
	}
	switch {
	case err != nil:
		return err
	case ok:
		return unlessMissing(t.dir.Remove(name))
	}
	if t, _, err := t.dir.Look(name); err != nil || t == fsys.Nothing {
		return err
	}
	return changedError(t.dir, "remove", name)
}

func (t entries) removeDir(name string) error {
	err := t.dir.Rmdir(name)
	if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		return notEmptyError(t.dir, name)
	}
	return unlessMissing(err)
}
