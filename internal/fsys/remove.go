package fsys

import (
	"context"
	"errors"
	"io/fs"
	"maps"
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

// noMounts looks for mount points at and below name.
func noMounts(dir int, name string, dev uint64) error {
	info, err := lstatx(dir, name)
	switch {
	case err != nil:
		return missingIsFine(err)
	case info.Mount || info.Dev != dev:
		return ErrMounted
	case info.Type != Directory:
		return nil
	}
	return eachIn(dir, name, func(fd int, child string) error { return noMounts(fd, child, dev) })
}

// removeAllAt removes name in the directory dir, with all that is below it.
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

// Sweep removes what killed runs have staged in the directories, or in those
// above them, and not put in place, and returns the paths that it removed. A
// directory that does not exist holds nothing. No run may be going on in them.
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

// withParents adds the directories above: missing ones are staged there.
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
		if err := removeAllAt(fd, name); err != nil {
			return errorAbout("remove", p, err)
		}
		removed = append(removed, p)
		return nil
	})
	return removed, errorAbout("sweep", dir, err)
}
