package fsys

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Perm is who owns something and who may do what with it.
type Perm struct {
	Mode     uint32
	UID, GID uint32
}

// File is a file that is to be.
type File struct {
	Perm
	Bytes  []byte    // the content, if From is nil
	From   io.Reader // the content; an *os.File is copied by the kernel
	Suffix string    // of the staged name, for a program that judges by it
	Needs  *Step     // a step of the same group without which this one must not be
}

// maxOpen is up to how many staged files are kept open and synced one by one.
// Beyond it the whole file system is synced at once, which costs the same for
// one file as for a thousand, and has to wait for what others wrote as well.
const maxOpen = 8

// File stages a file at path, to replace whatever is there but a directory.
// live is what [Txn.Look] said, the zero Info if there is nothing. A file that
// is replaced passes its extended attributes on.
func (t *Txn) File(path string, live Info, want File) *Step {
	s, err := t.add(verbFor(live), path)
	s.needs, s.file = want.Needs, true
	s.mode, s.uid, s.gid = want.Mode, want.UID, want.GID
	if err == nil && live.Type == Directory && live.Ino != 0 {
		err = unix.EISDIR
	}
	if err == nil {
		err = t.stage(s, live, want)
	}
	if err != nil {
		return t.fail(s, err)
	}
	s.apply = t.rename(live)
	if live.Mount {
		s.apply = t.inPlace
	}
	return s
}

func verbFor(live Info) string {
	if live.Ino == 0 {
		return "create"
	}
	return "replace"
}

func (t *Txn) stage(s *Step, live Info, want File) error {
	fd, err := t.create(s, live.Mount, want.Suffix)
	if err != nil {
		return err
	}
	if err := fill(fd, want); err != nil {
		return err
	}
	if live.Type == Regular && live.Ino != 0 && !live.Mount {
		if err := copyXattrs(s.dir.fd, s.name, fd); err != nil {
			return err
		}
	}
	if s.mem >= 0 {
		return nil // mode and owner are the target's, and set there
	}
	if err := setPerm(fd, want.Perm, s.dir); err != nil {
		return err
	}
	if t.open > maxOpen {
		t.closeStaged(s)
	}
	return nil
}

// create makes the file to stage in: unreadable for others, in the directory
// of its target. If that cannot be written to, but the target can, because it
// is mounted there, memory has to do.
func (t *Txn) create(s *Step, mount bool, suffix string) (int, error) {
	name := t.next(suffix)
	const flags = unix.O_RDWR | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := retry(func() (int, error) { return unix.Openat(s.dir.fd, name, flags, 0o600) })
	switch {
	case err == nil:
		s.temp, s.fd = name, fd
		t.open++
		return fd, nil
	case !mount:
		return -1, err
	}
	fd, memErr := unix.MemfdCreate("converge", unix.MFD_CLOEXEC)
	if memErr != nil {
		return -1, err
	}
	s.mem = fd
	return fd, nil
}

func fill(fd int, want File) error {
	if want.From == nil {
		return writeAll(fd, want.Bytes)
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(dup), "")
	_, err = io.Copy(out, want.From) // copy_file_range or splice where both are files
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := retry(func() (int, error) { return unix.Write(fd, b) })
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// setPerm sets owner, then mode: a change of owner clears setuid and setgid.
// What a new file has by itself is not set again.
func setPerm(fd int, p Perm, d *dirHandle) error {
	ownGID := uint32(unix.Getegid())
	if d.info.Mode&unix.S_ISGID != 0 {
		ownGID = d.info.GID
	}
	if p.UID != uint32(unix.Geteuid()) || p.GID != ownGID {
		if err := ignoringEINTR(func() error { return unix.Fchown(fd, int(p.UID), int(p.GID)) }); err != nil {
			return err
		}
	}
	if p.Mode == 0o600 {
		return nil
	}
	return ignoringEINTR(func() error { return unix.Fchmod(fd, p.Mode) })
}

// Dir stages a directory; there must be nothing at path.
func (t *Txn) Dir(path string, want Perm) *Step {
	s, err := t.add("create", path)
	s.mode, s.uid, s.gid = want.Mode, want.UID, want.GID
	if err == nil {
		err = t.stageDir(s, want)
	}
	if err != nil {
		return t.fail(s, err)
	}
	s.apply = t.rename(Info{})
	return s
}

func (t *Txn) stageDir(s *Step, want Perm) error {
	name := t.next("")
	if err := ignoringEINTR(func() error { return unix.Mkdirat(s.dir.fd, name, 0o700) }); err != nil {
		return err
	}
	s.temp = name
	fd, err := retry(func() (int, error) {
		return unix.Openat(s.dir.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := setPerm(fd, want, s.dir); err != nil {
		return err
	}
	if want.Mode == 0o600 { // which setPerm takes for a new file's own
		return ignoringEINTR(func() error { return unix.Fchmod(fd, want.Mode) })
	}
	return nil
}

// Symlink stages a link at path, to replace whatever is there but a directory.
func (t *Txn) Symlink(path, target string, live Info) *Step {
	s, err := t.add(verbFor(live), path)
	if err == nil && live.Type == Directory && live.Ino != 0 {
		err = unix.EISDIR
	}
	if err == nil {
		name := t.next("")
		if err = ignoringEINTR(func() error { return unix.Symlinkat(target, s.dir.fd, name) }); err == nil {
			s.temp = name
		}
	}
	if err != nil {
		return t.fail(s, err)
	}
	s.apply = t.rename(live)
	return s
}

// Backup stages another name for the file at path, in the same directory, to
// replace what has that name. Where the file system has no hard links, or the
// file will be written in place, it is a copy.
func (t *Txn) Backup(path, as string, live Info) *Step {
	s, err := t.add("back up to", as)
	if err != nil {
		return t.fail(s, err)
	}
	old, err := lstatx(s.dir.fd, s.name)
	switch {
	case errors.Is(err, unix.ENOENT):
		old = Info{}
	case err != nil:
		return t.fail(s, err)
	case old.Type != Regular:
		return t.fail(s, errors.New("something else is in the way: "+old.Type.String()))
	}
	from, name, err := t.at(path)
	if err != nil {
		return t.fail(s, err)
	}
	temp := t.next("")
	if !live.Mount && unix.Linkat(from.fd, name, s.dir.fd, temp, 0) == nil {
		s.temp = temp
		s.apply = t.rename(old)
		return s
	}
	src, err := t.fs.Open(path)
	if err != nil {
		return t.fail(s, err)
	}
	defer src.Close()
	if err := t.stage(s, old, File{Perm: Perm{live.Mode, live.UID, live.GID}, From: src}); err != nil {
		return t.fail(s, err)
	}
	s.apply = t.rename(old)
	return s
}
