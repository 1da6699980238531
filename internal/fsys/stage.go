package fsys

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Perm is the owner, group and mode of an entry.
type Perm struct {
	Mode     uint32
	UID, GID uint32
}

// File describes a new file.
type File struct {
	Perm
	Bytes  []byte    // the content, if From is nil
	From   io.Reader // the content; an *os.File is copied by the kernel
	Suffix string    // of the staged name, for a program that depends on it
	Xattrs []Xattr   // in addition to those of the replaced file
	Needs  *Step     // a step of the same group that must succeed first
}

// maxOpen is up to how many staged files are kept open and synced one by one. Beyond that the whole file system is
// synced at once, which costs the same for one file as for a thousand, and also waits for other programs' writes.
const maxOpen = 8

// File stages a file at path, to replace any entry except a directory. live is the result of [Txn.Look], the zero Info
// for a missing entry. The new file takes over the extended attributes of a replaced one.
func (t *Txn) File(path string, live Info, want File) *Step {
	return t.stage(verbFor(live), path, func(s *Step) error {
		s.needs, s.file = want.Needs, true
		s.mode, s.uid, s.gid = want.Mode, want.UID, want.GID
		s.apply = t.renameStaged(live)
		if live.Mount {
			s.apply = func(s *Step) error { return t.writeInPlace(s, live) }
		}
		if live.Type == Directory && live.Ino != 0 {
			return unix.EISDIR
		}
		return t.stageFile(s, live, want)
	})
}

func verbFor(live Info) string {
	if live.Ino == 0 {
		return "create"
	}
	return "replace"
}

// stager makes the files and directories of a group beside their targets.
type stager struct {
	self   uint32 // our effective user
	group  uint32 // our effective group
	prefix string // of staged names
	n      int    // number of names used: names differ by it
	open   int    // staged files still open, to be synced one by one
	block  []byte // what From is read into
}

// nextName returns an unused name. A suffix is kept for programs that choose files by it, but only if requested: because
// of it, others (cron.d, logrotate.d) would take the file for one of theirs.
func (g *stager) nextName(suffix string) string {
	g.n++
	return g.prefix + strconv.Itoa(g.n) + suffix
}

// discardStaged removes what the step staged.
func (g *stager) discardStaged(s *Step) {
	g.closeFile(s)
	s.closeMemory()
	if s.temp != "" {
		removeAllAt(s.dir.fd, s.temp) //nolint:errcheck // Sweep removes the rest
		s.temp = ""
	}
}

func (g *stager) closeFile(s *Step) {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
		g.open--
	}
}

func (g *stager) stageFile(s *Step, live Info, want File) error {
	fd, err := g.createFile(s, live.Mount, want.Suffix)
	if err != nil {
		return err
	}
	if err := g.fillFile(fd, want); err != nil {
		return err
	}
	if live.Type == Regular && live.Ino != 0 && !live.Mount {
		if err := g.setOwner(fd, want.Perm, s.dir); err != nil {
			return err
		}
		if err := s.passXattrs(live, fd, want.Mode); err != nil {
			return err
		}
		// An access list may have set the mode already, except for the bits that it does not cover.
		if err := fchmod(fd, want.Mode); err != nil {
			return err
		}
	} else if s.mem >= 0 {
		return nil // mode and owner are set on the target
	} else if err := g.setPerm(fd, want.Perm, s.dir); err != nil {
		return err
	}
	if err := setXattrs(fd, want.Xattrs); err != nil {
		return err
	}
	if g.open > maxOpen {
		g.closeFile(s)
	}
	return nil
}

// createFile makes the staged file in the directory of its target, unreadable for others. If the directory is not
// writable but the target is, because it is mounted there, it stages in memory.
func (g *stager) createFile(s *Step, mount bool, suffix string) (int, error) {
	name := g.nextName(suffix)
	fd, err := openat(s.dir.fd, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL)
	switch {
	case err == nil:
		s.temp, s.fd = name, fd
		g.open++
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

func (g *stager) fillFile(fd int, want File) error {
	if want.From == nil {
		return writeAll(fd, want.Bytes)
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(dup), "")
	if _, file := want.From.(*os.File); file {
		_, err = io.Copy(out, want.From) // copy_file_range or splice
	} else {
		if g.block == nil {
			g.block = make([]byte, 64<<10)
		}
		w := &SparseWriter{File: out}
		if _, err = io.CopyBuffer(w, struct{ io.Reader }{want.From}, g.block); err == nil {
			err = w.End()
		}
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := retryInterrupted(func() (int, error) { return unix.Write(fd, b) })
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// setPerm sets owner, then mode: a change of owner clears setuid and setgid. It skips what a new file has already.
func (g *stager) setPerm(fd int, p Perm, d *node) error {
	if err := g.setOwner(fd, p, d); err != nil || p.Mode == 0o600 {
		return err
	}
	return ignoringEINTR(func() error { return unix.Fchmod(fd, p.Mode) })
}

// setOwner sets owner and group of a new file if they differ from the present ones.
func (g *stager) setOwner(fd int, p Perm, d *node) error {
	ownGID := g.group
	if d.info.Mode&unix.S_ISGID != 0 {
		ownGID = d.info.GID
	}
	if p.UID == g.self && p.GID == ownGID {
		return nil
	}
	return ignoringEINTR(func() error { return unix.Fchown(fd, int(p.UID), int(p.GID)) })
}
