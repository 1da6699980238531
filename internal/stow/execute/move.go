package execute

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// mover gives files new names and takes them back.
type mover struct{ *run }

// adoptFile puts a link in the place of a file, which gets a new name first.
func (r mover) adoptFile(d *fsys.Dir, f *folder, e *effect, name string) error {
	if done, err := d.Reads(name, e.is.text); done || err != nil {
		return err
	}
	was, err := r.keepFile(d, e, name)
	if err != nil {
		return err
	}
	now, err := d.Lstat(name)
	if err != nil {
		return err
	}
	if now.Ino != was.Ino || now.Dev != was.Dev || now.Size != was.Size || !now.MTime.Equal(was.MTime) {
		return changedError(d, "replace", name)
	}
	return r.stage.putLink(d, f, e.is.text, name)
}

// keepFile gives the file at name its new name, while it keeps the old one, and
// tells which file it is.
func (r mover) keepFile(d *fsys.Dir, e *effect, name string) (fsys.Info, error) {
	was, err := d.Lstat(name)
	switch {
	case err != nil:
		return was, err
	case was.Type == fsys.Directory || e.to == "":
		return was, changedError(d, "move", name)
	}
	toDir, toName := splitPath(e.to)
	to, own := d, true
	if above, _ := splitPath(e.path); above != toDir {
		if to, err = r.target.Follow(toDir); err != nil {
			return was, err
		}
		defer to.Close()
		own = false
	}
	live, err := to.Lstat(toName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = r.keepNew(d, name, to, e.to)
	case err != nil:
	case live.Ino == was.Ino && live.Dev == was.Dev:
		return was, nil // a run before this one came that far
	case own || live.Type == fsys.Directory:
		err = changedError(to, "write over", toName)
	default:
		err = r.keepOver(d, name, to, e.to)
	}
	if err == nil {
		err = r.disks.syncDir(to)
	}
	return was, err
}

// keepNew gives a file another name where nothing is.
func (r mover) keepNew(d *fsys.Dir, name string, to *fsys.Dir, path string) error {
	_, toName := splitPath(path)
	err := d.Link(name, to, toName)
	if !isNoHardLink(err) {
		return err
	}
	return r.throughCopy(to, path, toName, func(temp string) error {
		if err := d.CopyFile(name, to, temp); err != nil {
			return err
		}
		return to.RenameNew(temp, to, toName)
	})
}

// keepOver gives a file the name of another, at one moment.
func (r mover) keepOver(d *fsys.Dir, name string, to *fsys.Dir, path string) error {
	_, toName := splitPath(path)
	err := r.throughTemp(recordAdopt, path, toName, func(temp string) error {
		if err := d.Link(name, to, temp); err != nil {
			return err
		}
		return to.Rename(temp, to, toName)
	})
	if !isNoHardLink(err) {
		return err
	}
	return r.throughCopy(to, path, toName, func(temp string) error {
		if err := d.CopyFile(name, to, temp); err != nil {
			return err
		}
		return to.Rename(temp, to, toName)
	})
}

// throughTemp has do use a name beside the last one of path, which Recover
// finds by the record.
func (r mover) throughTemp(what, path, name string, do func(temp string) error) error {
	above, _ := splitPath(path)
	temp := besideName(besidePrefix, name)
	if above == "" {
		above = "."
	}
	if err := r.stage.writeRecord(what, above+"/"+temp); err != nil {
		return err
	}
	if err := do(temp); err != nil && !isNoHardLink(err) {
		return err // with the record, by which what is left is cleared away
	} else if err != nil {
		return errors.Join(err, r.stage.eraseRecord(what))
	}
	return r.stage.eraseRecord(what)
}

// throughCopy is throughTemp for a copy in the directory to. The record may be
// on another disk: it is durable before there is a copy, and until the copy has
// its name for good.
func (r mover) throughCopy(to *fsys.Dir, path, name string, do func(temp string) error) error {
	return r.throughTemp(recordCopy, path, name, func(temp string) error {
		if !r.disks.skip {
			if err := r.stage.syncRecords(); err != nil {
				return err
			}
		}
		if err := do(temp); err != nil {
			return err
		}
		return r.disks.syncDir(to)
	})
}

// isNoHardLink reports that a file cannot have a second name there: another file
// system, one without such names, or someone else's file.
func isNoHardLink(err error) bool {
	return errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.EOPNOTSUPP)
}

// restoreFile moves a file to where nothing is, or over the link that is there.
func (r mover) restoreFile(d *fsys.Dir, e *effect, name string) error {
	above, fromName := splitPath(e.from)
	src, err := r.target.OpenPath(above)
	if err != nil {
		return err
	}
	defer src.Close()
	if e.was.kind == link {
		ok, err := d.Reads(name, e.was.text)
		switch {
		case err != nil:
			return err
		case !ok:
			return changedError(d, "replace", name)
		}
	}
	err = putFile(src, fromName, d, name, e.was.kind == none)
	if errors.Is(err, unix.EXDEV) {
		err = r.throughCopy(d, e.path, name, func(temp string) error {
			if err := src.CopyFile(fromName, d, temp); err != nil {
				return err
			}
			return putFile(d, temp, d, name, e.was.kind == none)
		})
		if err == nil {
			err = src.Remove(fromName)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return changedError(d, "create", name)
	}
	return err
}

// putFile renames a file, over nothing if it must be.
func putFile(src *fsys.Dir, from string, d *fsys.Dir, name string, fresh bool) error {
	if fresh {
		return src.RenameNew(from, d, name)
	}
	return src.Rename(from, d, name)
}
