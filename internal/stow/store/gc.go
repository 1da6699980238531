package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	names "converge/internal/stow/version"
)

// removing is what the name of a version that is being deleted begins with.
const removing = ":removing."

// Remove deletes the tree of a version, by its disk name, that no target uses.
// A view that cannot be looked at counts as one that does. What the version is
// linked to from is not touched; control data stays.
func (s *Store) Remove(ctx context.Context, foo, version string) error {
	d, err := s.holding(foo, version)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Lock(ctx, true, nil); err != nil {
		return err
	}
	if err := s.sweep(d); err != nil {
		return err
	}
	alias, err := s.removable(ctx, d, foo, version)
	if err != nil {
		return err
	}
	if alias {
		return d.Remove(version)
	}
	if err := d.RenameNew(version, d, removing+version); err != nil {
		return err
	}
	return s.sweep(d)
}

// Removable is the error with which Remove would refuse, if it would. It only
// reads.
func (s *Store) Removable(ctx context.Context, foo, version string) error {
	d, err := s.holding(foo, version)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = s.removable(ctx, d, foo, version)
	return err
}

// holding opens the package that a version is to be in.
func (s *Store) holding(foo, version string) (*fsys.Dir, error) {
	if !isPackage(foo) || !isVersion(version) {
		return nil, &UsageError{Text: fmt.Sprintf("%s/%s is no version", foo, version)}
	}
	may, err := s.MayBeVersion(Arg{foo, version})
	if err != nil {
		return nil, err
	}
	if !may { // not so that anything is deleted in a package of GNU Stow's kind
		return nil, &UsageError{Text: fmt.Sprintf("%s/%s is no version: %s", foo, version, names.NameRule)}
	}
	d, err := s.pkg(foo)
	if err == nil && d == nil {
		err = &missingError{s.dir.Path() + "/" + foo, version}
	}
	return d, err
}

// removable makes sure that there is such a version and that no target uses
// it. alias is whether it is a link to another.
func (s *Store) removable(ctx context.Context, d *fsys.Dir, foo, version string) (alias bool, err error) {
	t, _, err := d.Look(version)
	switch {
	case err != nil:
		return false, err
	case t == fsys.Symlink:
		return true, s.unusedAlias(ctx, foo, version)
	case t != fsys.Directory:
		return false, &missingError{s.dir.Path() + "/" + foo, version}
	}
	if protocol, err := s.protocol(s.at, foo); err != nil {
		return false, err
	} else if !protocol && s.shownWhole(foo, []string{version}) { // in GNU Stow's way
		return false, used(foo, version, []Use{{Package: foo, Version: version, Target: s.at.dir.Path()}}, nil)
	}
	return false, s.unused(ctx, d, foo, version)
}

func (s *Store) unusedAlias(ctx context.Context, foo, version string) error {
	uses, unseen, err := s.Uses(ctx, foo)
	if err != nil {
		return err
	}
	var by []Use
	for _, u := range uses {
		if u.Version == version {
			by = append(by, u)
		}
	}
	return used(foo, version, by, unseen)
}

// unused makes sure that no target uses a version, by its own name or by a
// link to it.
func (s *Store) unused(ctx context.Context, d *fsys.Dir, foo, version string) error {
	uses, unseen, err := s.Uses(ctx, foo)
	if err != nil {
		return err
	}
	own, err := d.Lstat(version)
	if err != nil {
		return err
	}
	var by []Use
	for _, u := range uses {
		info, err := d.Stat(u.Version)
		if err != nil && !gone(err) {
			return err
		}
		if u.Version == version || err == nil && info.Dev == own.Dev && info.Ino == own.Ino {
			by = append(by, u)
		}
	}
	return used(foo, version, by, unseen)
}

func used(foo, version string, by []Use, unseen []string) error {
	for _, view := range unseen {
		by = append(by, Use{Package: foo, Version: version, Target: view + " (which cannot be looked at; --forget-view says that it is gone for good)"})
	}
	if len(by) == 0 {
		return nil
	}
	return &UsedError{Package: foo, Version: version, By: by}
}

// sweep deletes the trees of versions whose names were taken from them, by us
// or by a command that was killed.
func (s *Store) sweep(d *fsys.Dir) error {
	entries, err := d.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type != fsys.Directory || !strings.HasPrefix(e.Name, removing) {
			continue
		}
		if err := removeTree(d, e.Name); err != nil {
			return err
		}
	}
	return nil
}

// removeTree deletes a directory and all that is in it. No link is followed.
func removeTree(d *fsys.Dir, name string) error {
	// os.Root walks by handles, as Dir does, and any depth of them.
	root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", d.Fd()))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.RemoveAll(name); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("cannot remove %s/%s: %w", d.Path(), name, err)
	}
	return nil
}
