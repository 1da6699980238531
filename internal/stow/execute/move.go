package execute

import (
	"cmp"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// mover renames files, and renames them back.
type mover struct{ *run }

// adoptFile replaces a file by a link, after giving the file its new name.
func (r mover) adoptFile(d *fsys.Dir, f *folder, e *effect, name string) error {
	if done, err := d.Reads(name, e.Is.Text); done || err != nil {
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
	return r.stage.putLink(d, f, e.Is.Text, name)
}

// keepFile gives the file at name its new name in addition to the old one, and returns its info.
func (r mover) keepFile(d *fsys.Dir, e *effect, name string) (fsys.Info, error) {
	was, err := d.Lstat(name)
	switch {
	case err != nil:
		return was, err
	case was.Type == fsys.Directory || e.To == "":
		return was, changedError(d, "move", name)
	}
	toDir, toName := splitPath(e.To)
	to, own := d, true
	if above, _ := splitPath(e.Path); above != toDir {
		if to, err = r.target.Follow(toDir); err != nil {
			return was, err
		}
		defer to.Close()
		own = false
	}
	live, err := to.Lstat(toName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = r.addName(d, name, to, e.To, true)
	case err != nil:
	case live.Ino == was.Ino && live.Dev == was.Dev:
		return was, nil // an earlier run got this far
	case own || live.Type == fsys.Directory:
		err = changedError(to, "write over", toName)
	default:
		err = r.addName(d, name, to, e.To, false)
	}
	if err == nil {
		err = r.disks.syncDir(to)
	}
	return was, err
}

// addName gives a file a second name at path in the directory to: at a free name (fresh), or atomically over another
// file.
func (r mover) addName(d *fsys.Dir, name string, to *fsys.Dir, path string, fresh bool) error {
	_, toName := splitPath(path)
	var err error
	if fresh {
		err = d.Link(name, to, toName)
	} else {
		err = r.throughTemp(recordAdopt, path, func(temp string) error {
			if err := d.Link(name, to, temp); err != nil {
				return err
			}
			return to.Rename(temp, to, toName)
		})
	}
	if isNoHardLink(err) {
		err = r.putCopy(d, name, to, path, fresh)
	}
	return err
}

// throughTemp calls do with a temporary name beside path. A record lets Recover find that name.
func (r mover) throughTemp(what, path string, do func(temp string) error) error {
	above, name := splitPath(path)
	temp := besideName(besidePrefix, name)
	if err := r.stage.writeRecord(what, cmp.Or(above, ".")+"/"+temp); err != nil {
		return err
	}
	err := do(temp)
	if err != nil && !isNoHardLink(err) {
		return err // and keeps the record, by which Recover removes the rest
	}
	return errors.Join(err, r.stage.eraseRecord(what))
}

// putCopy copies a file to path in the directory to. The record may be on another disk: it is durable before the copy
// begins, and stays until the copy has its final name.
func (r mover) putCopy(src *fsys.Dir, from string, to *fsys.Dir, path string, fresh bool) error {
	_, name := splitPath(path)
	return r.throughTemp(recordCopy, path, func(temp string) error {
		if !r.disks.skip && !r.stage.none {
			if err := errors.Join(r.stage.dir.Sync(), r.target.Sync()); err != nil {
				return err
			}
		}
		if err := src.CopyFile(from, to, temp); err != nil {
			return err
		}
		if err := putFile(to, temp, to, name, fresh); err != nil {
			return err
		}
		return r.disks.syncDir(to)
	})
}

// isNoHardLink reports that a file cannot have a second name there: the place is on another file system, or on one
// without hard links, or the file belongs to another user.
func isNoHardLink(err error) bool {
	return errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.EOPNOTSUPP)
}

// restoreFile moves a file to a free name, or over the link there.
func (r mover) restoreFile(d *fsys.Dir, e *effect, name string) error {
	above, fromName := splitPath(e.From)
	src, err := r.target.OpenPath(above)
	if err != nil {
		return err
	}
	defer src.Close()
	if e.Was.Type == farm.Symlink {
		if err := checkReads(d, "replace", name, e.Was.Text); err != nil {
			return err
		}
	}
	fresh := e.Was.Type == farm.None
	err = putFile(src, fromName, d, name, fresh)
	if errors.Is(err, unix.EXDEV) {
		if err = r.putCopy(src, fromName, d, e.Path, fresh); err == nil {
			err = src.Remove(fromName)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return changedError(d, "create", name)
	}
	return err
}

// putFile renames a file; if fresh, only to a free name.
func putFile(src *fsys.Dir, from string, d *fsys.Dir, name string, fresh bool) error {
	if fresh {
		return src.RenameNew(from, d, name)
	}
	return src.Rename(from, d, name)
}
