package fsys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Dir stages a directory; there must be nothing at path.
func (t *Txn) Dir(path string, want Perm, xattrs ...Xattr) *Step {
	s, err := t.addStep("create", path)
	s.mode, s.uid, s.gid = want.Mode, want.UID, want.GID
	if err == nil {
		err = t.stageDir(s, want, xattrs)
	}
	if err != nil {
		return t.failStep(s, err)
	}
	s.apply = t.renameStaged(Info{})
	return s
}

func (g *stager) stageDir(s *Step, want Perm, xattrs []Xattr) error {
	name := g.nextName("")
	if err := ignoringEINTR(func() error { return unix.Mkdirat(s.dir.fd, name, 0o700) }); err != nil {
		return err
	}
	s.temp = name
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Openat(s.dir.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := g.checkNew(fd); err != nil {
		return err
	}
	if err := g.setPerm(fd, want, s.dir); err != nil {
		return err
	}
	if want.Mode == 0o600 { // which setPerm takes for a new file's own
		if err := fchmod(fd, want.Mode); err != nil {
			return err
		}
	}
	return setXattrs(fd, xattrs)
}

// checkNew reports an error unless the directory can be the one just made: in
// another user's directory, that user could have put a second one of ours at
// the name, which is worth nothing if it is empty.
func (g *stager) checkNew(fd int) error {
	info, err := lstat(fd, "")
	if err != nil {
		return err
	}
	list, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if in, err := readNames(list); err != nil || len(in) > 0 || info.UID != g.self {
		return errors.Join(err, errReplaced)
	}
	return nil
}

// Symlink stages a link at path, to replace any entry but a directory.
func (t *Txn) Symlink(path, target string, live Info) *Step {
	s, err := t.addStep(verbFor(live), path)
	if err == nil && live.Type == Directory && live.Ino != 0 {
		err = unix.EISDIR
	}
	if err == nil {
		name := t.nextName("")
		if err = ignoringEINTR(func() error { return unix.Symlinkat(target, s.dir.fd, name) }); err == nil {
			s.temp = name
		}
	}
	if err != nil {
		return t.failStep(s, err)
	}
	s.apply = t.renameStaged(live)
	return s
}

// Backup stages another name for the file at path, in the same directory, to
// replace what has that name. Where the file system has no hard links, or the
// file will be written in place, it is a copy.
func (t *Txn) Backup(path, as string, live Info) *Step {
	s, err := t.addStep("back up to", as)
	if err != nil {
		return t.failStep(s, err)
	}
	old, err := lstatx(s.dir.fd, s.name)
	switch {
	case errors.Is(err, unix.ENOENT):
		old = Info{}
	case err != nil:
		return t.failStep(s, err)
	case old.Type != Regular:
		return t.failStep(s, errors.New("something else is in the way: "+old.Type.String()))
	}
	from, name, err := t.at(path)
	if err != nil {
		return t.failStep(s, err)
	}
	temp := t.nextName("")
	if !live.Mount && unix.Linkat(from.fd, name, s.dir.fd, temp, 0) == nil {
		s.temp = temp
		s.apply = t.renameStaged(old)
		return s
	}
	fd, err := spot{&node{fd: from.fd}, name}.openEntry(readOnly)
	if err != nil {
		return t.failStep(s, err)
	}
	src := os.NewFile(uintptr(fd), path)
	defer src.Close()
	if err := t.stageFile(s, old, File{Perm: Perm{live.Mode, live.UID, live.GID}, From: src}); err != nil {
		return t.failStep(s, err)
	}
	s.apply = t.renameStaged(old)
	return s
}
