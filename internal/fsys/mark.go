package fsys

import (
	"errors"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

// mark is a second name of the entry that a step replaces, in the same directory, until it is clear whether the step's
// result may stay. If the run is killed before that, [FS.Sweep] finds the mark and restores the old entry.
type mark struct {
	dir  int
	name string
}

// markName matches the names of marks of all runs: the action, the identity of the new entry, and the name of the old
// one. Programs that read a whole directory, such as logrotate, ignore it because of the final tilde.
const markName = `(?s)^\.converge-.+-[0-9a-f]{16}-[0-9]+\.(back|gone)-([0-9]+-[0-9]+-[0-9]+)-(.+)~$`

// identity distinguishes a staged entry from one that replaced it later. It is the same before and after a rename.
func identity(i Info) string {
	if i.Ino == 0 {
		return "0-0-0"
	}
	return strconv.FormatUint(i.Ino, 10) + "-" + strconv.FormatInt(max(0, i.MTime.UnixNano()), 10) + "-" + strconv.FormatInt(i.Size, 10)
}

// markOld makes a mark for a step that is not made yet; nil if it needs none, or cannot have one: a file written in
// place has no second name, and if users own single entries of a directory, they could have made the mark.
func (t *Txn) markOld(s *Step, live Info) (*mark, error) {
	if s.perm != nil || s.virtual || s.mem >= 0 || live.Mount || s.dir.info.Mode&unix.S_ISVTX != 0 {
		return nil, nil
	}
	to, what := Info{}, ".back-"
	if s.temp != "" {
		var err error
		if to, err = lstatx(s.dir.fd, s.temp); err != nil || to.Type == Directory {
			return nil, err
		}
	}
	if live.Ino == 0 {
		what = ".gone-"
	}
	dir, err := unix.FcntlInt(uintptr(s.dir.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	m := &mark{dir, t.nextName(what + identity(to) + "-" + s.name + "~")}
	if live.Ino == 0 {
		err = m.makeEmpty()
	} else {
		err = ignoringEINTR(func() error { return unix.Linkat(dir, s.name, dir, m.name, 0) })
	}
	if err == nil {
		err = fsync(dir)
	}
	if err != nil {
		m.remove()
		return nil, errorAbout("hold", s.path, err)
	}
	return m, nil
}

func (m *mark) makeEmpty() error {
	fd, err := openat(m.dir, m.name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// remove removes the mark: the present entry stays.
func (m *mark) remove() {
	if unix.Unlinkat(m.dir, m.name, 0) == nil { // Sweep removes the rest
		fsync(m.dir) //nolint:errcheck // see above
	}
	unix.Close(m.dir)
}

// putBackMarked restores the entry of a mark, unless another one has replaced it since, and removes the mark; false if
// the name is not a mark's. If users own single entries of the directory, it restores nothing.
func putBackMarked(dir int, in Info, name string) (bool, error) {
	w := regexp.MustCompile(markName).FindStringSubmatch(name)
	if w == nil || in.Mode&unix.S_ISVTX != 0 {
		return false, nil
	}
	what, was, target := w[1], w[2], w[3]
	now, err := lstatx(dir, target)
	if errors.Is(err, unix.ENOENT) {
		now, err = Info{}, nil
	}
	switch {
	case err != nil:
		return true, err
	case identity(now) != was:
	case what == "back":
		if err := ignoringEINTR(func() error { return unix.Renameat(dir, name, dir, target) }); err != nil {
			return true, err
		}
		return true, fsync(dir)
	case now.Ino != 0:
		if err := unlinkat(dir, target, 0); err != nil {
			return true, err
		}
	}
	if err := unlinkat(dir, name, 0); err != nil {
		return true, err
	}
	return true, fsync(dir)
}
