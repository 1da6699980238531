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
