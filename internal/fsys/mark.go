package fsys

import (
	"errors"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

// mark is another name of what a step replaces, in the same directory, for as long as it
// is open whether the step's result may stay. If the run is killed until then,
// [FS.Sweep] finds the mark and puts the old entry back.
type mark struct {
	dir  int
	name string
}

// markName matches the names of marks of all runs: what to do, the identity of the new
// entry, and the name of the old one. The sign at the end has programs that read a whole
// directory, such as logrotate, pass over it.
const markName = `(?s)^\.converge-.+-[0-9a-f]{16}-[0-9]+\.(back|gone)-([0-9]+-[0-9]+-[0-9]+)-(.+)~$`

// identity tells a staged entry from one that took its place later. It is the same before
// and after a rename.
func identity(i Info) string {
	if i.Ino == 0 {
		return "0-0-0"
	}
	return strconv.FormatUint(i.Ino, 10) + "-" + strconv.FormatInt(max(0, i.MTime.UnixNano()), 10) + "-" + strconv.FormatInt(i.Size, 10)
}

// markOld makes a mark for a step that is not made yet; nil if it needs none, or can have
// none: a file written in place has no second name, and where users own single entries of
// a directory, a mark could be theirs.
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

// remove ends the mark: the present entry stays.
func (m *mark) remove() {
	if unix.Unlinkat(m.dir, m.name, 0) == nil { // Sweep finds what is left over
		fsync(m.dir) //nolint:errcheck // see above
	}
	unix.Close(m.dir)
}

// putBackMarked puts back what a mark is for, unless something else has taken its place
// since, and removes the mark; false if the name is none of a mark's. Where users own
// single entries of the directory, it puts nothing back.
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
