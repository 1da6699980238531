package fsys

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"

	"golang.org/x/sys/unix"
)

func missingIsFine(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// noMounts checks that there are no mount points at or below name. On an overlay whose layers are on several file systems
// a file has the device of its layer.
func noMounts(dir int, name string, dev uint64) error {
	info, err := lstatx(dir, name)
	switch {
	case err != nil:
		return missingIsFine(err)
	case info.Mount || info.Dev != dev && (info.Type == Directory || !info.told):
		return ErrMounted
	case info.Type != Directory:
		return nil
	}
	return eachIn(dir, name, func(fd int, child string) error { return noMounts(fd, child, dev) })
}

// removeAllAt removes name in the directory dir, with everything below it.
func removeAllAt(dir int, name string) error {
	err := ignoringEINTR(func() error { return unix.Unlinkat(dir, name, 0) })
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return err
	}
	info, lerr := lstatx(dir, name)
	switch {
	case lerr != nil:
		return lerr
	case info.Mount:
		return ErrMounted
	case info.Type != Directory:
		return err
	}
	if err := eachIn(dir, name, removeAllAt); err != nil {
		return err
	}
	return ignoringEINTR(func() error { return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR) })
}

// eachIn calls do for every name in the directory name of dir.
func eachIn(dir int, name string, do func(fd int, child string) error) error {
	fd, err := openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	list, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	children, err := readNames(list)
	if err != nil {
		return err
	}
	for _, c := range children {
		if err := do(fd, c); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes entries that killed runs have staged, but not put in place, in the directories and their parents, and
// returns the removed paths. It restores what these runs held with [Txn.HoldOld], unless another entry has taken its
// place. Missing directories are skipped. No run may be in progress in them.
func (f *FS) Sweep(ctx context.Context, dirs []string) (removed []string, err error) {
	ours := regexp.MustCompile(stagedName)
	var errs []error
	t := f.newTree()
	defer t.close()
	for _, dir := range withParents(dirs) {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		swept, err := sweepDir(t, dir, ours)
		removed = append(removed, swept...)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			errs = append(errs, err)
		}
	}
	return removed, errors.Join(errs...)
}

// withParents adds the parents of the directories: missing directories are staged there.
func withParents(dirs []string) []string {
	seen := map[string]bool{}
	for _, dir := range dirs {
		for dir = path.Clean(dir); !seen[dir] && path.IsAbs(dir); dir = path.Dir(dir) {
			seen[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func sweepDir(t *tree, dir string, ours *regexp.Regexp) (removed []string, err error) {
	if t.countHeld() >= maxHeld {
		t.close()
	}
	n, err := t.findDir(dir)
	if err != nil {
		return nil, errorAbout("sweep", dir, err)
	}
	err = eachIn(n.fd, ".", func(fd int, name string) error {
		if !ours.MatchString(name) {
			return nil
		}
		p := path.Join(dir, name)
		if marked, err := putBackMarked(fd, n.info, name); marked || err != nil {
			return errorAbout("put back", p, err)
		}
		if err := removeAllAt(fd, name); err != nil {
			return errorAbout("remove", p, err)
		}
		removed = append(removed, p)
		return nil
	})
	return removed, errorAbout("sweep", dir, err)
}

// ErrSkipDir makes Walk skip the content of the visited directory.
var ErrSkipDir = errors.New("skip this directory")

// Entry is an entry below a walked directory. Its methods reach it through the open directory, and only while it is
// visited.
type Entry struct {
	Info
	Path string

	dir   int
	name  string
	in    Info // the directory
	rules *rules
}

// Shared reports whether the entry may be a name that another user made for a
// file that is not theirs, see [ErrShared].
func (e Entry) Shared() bool { return e.rules.isShared(e.in, e.Info) }

// Open opens a file, which must still be the one that was visited.
func (e Entry) Open() (*os.File, error) {
	if err := e.Hollow(); err != nil {
		return nil, errorAbout("read", e.Path, err)
	}
	fd, err := openat(e.dir, e.name, readOnly)
	if err != nil {
		return nil, errorAbout("read", e.Path, err)
	}
	f := os.NewFile(uintptr(fd), e.Path)
	now, err := lstat(fd, "")
	if err == nil && (now.Ino != e.Ino || now.Dev != e.Dev) {
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, errorAbout("read", e.Path, err)
	}
	return f, nil
}

// Readlink reads a link.
func (e Entry) Readlink() (string, error) {
	text, err := readlinkat(e.dir, e.name)
	return text, errorAbout("read link", e.Path, err)
}

// Walk visits everything below the directory at dir, in the order of names, parents before their content. It visits
// links without following them, and mount points of other file systems without entering them. It reaches everything
// through open directories, so that no step follows a link.
func (f *FS) Walk(ctx context.Context, dir string, visit func(e Entry) error) error {
	t := f.newTree()
	fd, err := t.openDir(dir)
	t.close()
	if err != nil {
		return errorAbout("list", dir, err)
	}
	defer unix.Close(fd)
	return walker{rules: f.rules, visit: visit}.walkIn(ctx, fd, ".", dir)
}

// walker visits the entries of directories.
type walker struct {
	rules *rules
	visit func(Entry) error
	whole bool // mount points are entered
}

func (w walker) walkIn(ctx context.Context, fd int, name, at string) error {
	var in *Info // read on the first entry
	err := eachIn(fd, name, func(fd int, child string) error {
		if in == nil {
			info, err := lstat(fd, "")
			if err != nil {
				return errorAbout("look at", at, err)
			}
			in = &info
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		p := path.Join(at, child)
		info, err := lstatx(fd, child)
		switch {
		case errors.Is(err, unix.ENOENT):
			return nil // removed since it was listed
		case err != nil:
			return errorAbout("look at", p, err)
		}
		err = w.visit(Entry{Info: info, Path: p, dir: fd, name: child, in: *in, rules: w.rules})
		switch {
		case errors.Is(err, ErrSkipDir):
			return nil
		case err != nil || info.Type != Directory || info.Mount && !w.whole:
			return err
		}
		err = w.walkIn(ctx, fd, child, p)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			return nil // replaced since it was visited
		}
		return missingIsFine(err)
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errorAbout("list", at, err)
}
