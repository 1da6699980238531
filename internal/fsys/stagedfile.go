package fsys

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// StagedFile is a new file without its final name. [StagedFile.Commit] or [StagedFile.Discard] ends it.
type StagedFile struct {
	*os.File
	in Folder
	r  Replacement
}

// StageFile makes an empty file called r.Staged, for content that is not in memory or that determines the name.
func StageFile(in Folder, r Replacement) (*StagedFile, error) {
	mode := r.Mode
	if r.Exact || mode == 0 {
		mode = 0o600 // with Exact, the mode is set together with the owner
	}
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL | unix.O_NOFOLLOW
	f, err := in.OpenFile(r.Staged, flags, mode)
	if errors.Is(err, fs.ErrExist) {
		if err = in.Remove(r.Staged); err == nil {
			f, err = in.OpenFile(r.Staged, flags, mode)
		}
	}
	if err != nil {
		return nil, err
	}
	return &StagedFile{File: f, in: in, r: r}, nil
}

// Commit completes the file and gives it its name in the folder. After an error nothing of the file is left, and an
// existing file of that name stays.
func (s *StagedFile) Commit(name string) error {
	err := s.finishFile()
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	if err == nil && s.r.New {
		err = s.in.Link(s.r.Staged, name)
	} else if err == nil {
		err = s.in.Rename(s.r.Staged, name)
	}
	if err != nil || s.r.New {
		_ = s.in.Remove(s.r.Staged) // the error of this removal does not matter
	}
	return err
}

// Discard removes the file.
func (s *StagedFile) Discard() {
	s.Close()
	_ = s.in.Remove(s.r.Staged) // the next StageFile removes it otherwise
}

// finishFile sets owner and mode, in this order: a change of owner clears setuid and setgid.
func (s *StagedFile) finishFile() error {
	if s.r.Owner != nil {
		if err := s.giveOwner(*s.r.Owner); err != nil {
			return err
		}
	}
	if s.r.Exact {
		if err := s.Chmod(s.r.Mode); err != nil {
			return err
		}
	}
	if s.r.Sync {
		return s.Sync()
	}
	return nil
}

// giveOwner changes the owner only if it differs: not every user may.
func (s *StagedFile) giveOwner(to Owner) error {
	now, err := lstat(int(s.Fd()), "")
	if err != nil || int(now.UID) == to.UID && int(now.GID) == to.GID {
		return err
	}
	return s.Chown(to.UID, to.GID)
}

// InDir turns a directory into a [Folder]. Names are those of entries of d.
func InDir(d *Dir) Folder { return inDir{d} }

type inDir struct{ dir *Dir }

func (in inDir) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if !isName(name) {
		return nil, in.dir.errorAbout("write", name, unix.EINVAL)
	}
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Openat(in.dir.fd, name, flag|unix.O_CLOEXEC, uint32(perm.Perm()))
	})
	if err != nil {
		return nil, in.dir.errorAbout("write", name, err)
	}
	return os.NewFile(uintptr(fd), joinName(in.dir.Path(), name)), nil
}

func (in inDir) Rename(from, to string) error { return in.dir.Rename(from, in.dir, to) }
func (in inDir) Link(from, to string) error   { return in.dir.Link(from, in.dir, to) }
func (in inDir) Remove(name string) error     { return in.dir.Remove(name) }
