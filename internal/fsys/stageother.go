package fsys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Dir stages a directory; there must be nothing at path.
func (t *Txn) Dir(path string, want Perm, xattrs ...Xattr) *Step {
	return t.stage("create", path, func(s *Step) error {
		s.mode, s.uid, s.gid = want.Mode, want.UID, want.GID
		s.apply = t.renameStaged(Info{})
		return t.stageDir(s, want, xattrs)
	})
}

func (g *stager) stageDir(s *Step, want Perm, xattrs []Xattr) error {
	name := g.nextName("")
	if err := ignoringEINTR(func() error { return unix.Mkdirat(s.dir.fd, name, 0o700) }); err != nil {
		return err
	}
	s.temp = name
	fd, err := openat(s.dir.fd, name, unix.O_RDONLY|unix.O_DIRECTORY)
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
	if want.Mode == 0o600 { // setPerm would take that for the mode of a new file
		if err := fchmod(fd, want.Mode); err != nil {
			return err
		}
	}
	return setXattrs(fd, xattrs)
}

// checkNew returns an error unless the directory can be the one just made: in another user's directory, that user could
// have put a different one of ours at the name; an empty one does no harm.
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

// Symlink stages a link at path, to replace any entry except a directory. It belongs to this process, unless an owner is
// given.
func (t *Txn) Symlink(path, target string, live Info, owner ...Perm) *Step {
	return t.stage(verbFor(live), path, func(s *Step) error {
		s.apply = t.renameStaged(live)
		if live.Type == Directory && live.Ino != 0 {
			return unix.EISDIR
		}
		name := t.nextName("")
		err := ignoringEINTR(func() error { return unix.Symlinkat(target, s.dir.fd, name) })
		if err == nil {
			s.temp = name
			for _, to := range owner {
				err = t.giveLink(s.dir.fd, name, to)
			}
		}
		return err
	})
}

// giveLink gives a new link to its owner. In another user's directory, that user could have put another entry at the
// name: only a link of ours with no other name can be the new one.
func (g *stager) giveLink(dir int, name string, to Perm) error {
	fd, err := openat(dir, name, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	info, err := lstat(fd, "")
	switch {
	case err != nil:
		return err
	case info.Type != Symlink || info.Links != 1 || info.UID != g.self:
		return errReplaced
	case info.UID == to.UID && info.GID == to.GID:
		return nil
	}
	return ignoringEINTR(func() error { return unix.Fchownat(fd, "", int(to.UID), int(to.GID), unix.AT_EMPTY_PATH) })
}

// Backup stages a second name for the file at path, in the same directory, to replace the entry with that name. If the
// file system has no hard links, or the file will be written in place, the backup is a copy.
func (t *Txn) Backup(path, as string, live Info) *Step {
	return t.stage("back up to", as, func(s *Step) error {
		old, err := lstatx(s.dir.fd, s.name)
		switch {
		case errors.Is(err, unix.ENOENT):
			old = Info{}
		case err != nil:
			return err
		case old.Type != Regular:
			return errors.New("something else is in the way: " + old.Type.String())
		}
		s.apply = t.renameStaged(old)
		from, name, err := t.at(path)
		if err != nil {
			return err
		}
		temp := t.nextName("")
		if !live.Mount && unix.Linkat(from.fd, name, s.dir.fd, temp, 0) == nil {
			s.temp = temp
			return nil
		}
		fd, err := openat(from.fd, name, readOnly)
		if err != nil {
			return err
		}
		src := os.NewFile(uintptr(fd), path)
		defer src.Close()
		return t.stageFile(s, old, File{Perm: Perm{live.Mode, live.UID, live.GID}, From: src})
	})
}
