package fsys

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Staged describes the future state of a step's path, for a program that examines it beforehand. Paths are those of the
// host.
type Staged struct {
	Path string // without links on the way
	File string // the file, link or directory that replaces it; "": none
	Perm *Perm  // the new mode and owner of the entry at Path, or of the file; nil: they are those of File
}

// Staged returns what a step will do; false if it has failed.
func (t *Txn) Staged(s *Step) (Staged, bool) {
	if s.err != nil || s.dir == nil || s.virtual {
		return Staged{}, false
	}
	out := Staged{Path: t.hostDir(s.dir) + "/" + s.name, File: t.Candidate(s)}
	switch {
	case s.perm != nil:
		out.File, out.Perm = out.Path, s.perm
	case s.mem >= 0:
		out.Perm = &Perm{s.mode, s.uid, s.gid}
	}
	return out, true
}

// Refuse sets the error of a step that was made, and that the caller undoes.
func (s *Step) Refuse(why error) { s.err = why }

// Old is the entry that a step replaces or removes, kept so that it can be restored.
type Old struct {
	path   string
	live   Info // the zero Info: there was none
	file   *os.File
	target string
	xattrs []Xattr
	mark   *mark
}

// HoldOld keeps the entry that a step of the group is about to replace: a file, a link, or none. If the run is killed
// before Close, the next [FS.Sweep] restores it.
func (t *Txn) HoldOld(s *Step) (*Old, error) {
	o := &Old{path: s.path}
	live, err := t.Look(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		o.mark, err = t.markOld(s, Info{})
		return o, err
	case err != nil:
		return nil, err
	}
	o.live = live
	switch live.Type {
	case Regular:
		if o.file, err = t.Open(s.path, live); err == nil {
			o.xattrs, err = readXattrs(int(o.file.Fd()))
		}
		if err == nil && live.Mount { // it is written in place
			err = o.copyToMemory()
		}
	case Symlink:
		o.target, err = readlinkat(s.dir.fd, s.name)
	default:
		err = errorAbout("hold", s.path, errors.New("it is "+live.Type.String()))
	}
	if err == nil {
		o.mark, err = t.markOld(s, live)
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// copyToMemory keeps a copy instead of the file.
func (o *Old) copyToMemory() error {
	fd, err := unix.MemfdCreate("converge-old", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	if err := overwriteContent(fd, int(o.file.Fd())); err != nil {
		unix.Close(fd)
		return err
	}
	o.file.Close()
	o.file = os.NewFile(uintptr(fd), "converge-old")
	return nil
}

// PutBack stages the former entry in another group; nil if it is still there.
func (o *Old) PutBack(t *Txn) *Step {
	now, err := t.Look(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.live.Ino == 0:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		now = Info{}
	case err != nil:
		return t.stage("put back", o.path, func(*Step) error { return err })
	}
	perm := Perm{o.live.Mode, o.live.UID, o.live.GID}
	switch {
	case o.live.Ino == 0:
		return t.Remove(o.path, now)
	case o.live.Type == Symlink:
		return t.Symlink(o.path, o.target, now)
	case now.Ino == o.live.Ino && now.Dev == o.live.Dev && !now.Mount: // its content is untouched
		return t.Chperm(o.path, now, perm)
	}
	if _, err := o.file.Seek(0, 0); err != nil {
		return t.stage("put back", o.path, func(*Step) error { return err })
	}
	return t.File(o.path, now, File{Perm: perm, From: o.file, Xattrs: o.xattrs})
}

// Close releases the old entry: the present one stays.
func (o *Old) Close() {
	if o.mark != nil {
		o.mark.remove()
	}
	if o.file != nil {
		o.file.Close()
	}
}
