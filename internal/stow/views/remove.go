package views

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
)

// removing is the prefix of the name of a version that is being deleted.
const removing = ":removing."

// RemoveVersion deletes the tree of an unused version, by its disk name. An unreadable view counts as using it. Links to
// the version elsewhere are not touched; control data stays.
func RemoveVersion(ctx context.Context, st *store.Store, foo, version string) error {
	d, err := openHolding(st, foo, version)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Lock(ctx, true, nil); err != nil {
		return err
	}
	if err := removeDiscarded(d); err != nil {
		return err
	}
	alias, err := checkUnused(ctx, st, d, foo, version)
	if err != nil {
		return err
	}
	if alias {
		return d.Remove(version)
	}
	if err := d.RenameNew(version, d, removing+version); err != nil {
		return err
	}
	return removeDiscarded(d)
}

// CheckRemovable returns the error with which [RemoveVersion] would refuse. It only reads.
func CheckRemovable(ctx context.Context, st *store.Store, foo, version string) error {
	d, err := openHolding(st, foo, version)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = checkUnused(ctx, st, d, foo, version)
	return err
}

// openHolding opens the package of a version.
func openHolding(st *store.Store, foo, name string) (*fsys.Dir, error) {
	if !versiondir.IsPackage(foo) || !versiondir.IsVersion(name) {
		return nil, &store.UsageError{Text: fmt.Sprintf("%s/%s is no version", foo, name)}
	}
	may, err := st.MayBeVersion(store.Arg{Package: foo, Part: name})
	if err != nil {
		return nil, err
	}
	if !may { // nothing is deleted in a package of GNU Stow's kind
		return nil, &store.UsageError{Text: fmt.Sprintf("%s/%s is no version: %s", foo, name, versiondir.NameRule)}
	}
	d, err := st.OpenPackage(foo)
	if err == nil && d == nil {
		err = &store.MissingError{Stow: st.Dir().Path() + "/" + foo, Part: name}
	}
	return d, err
}

// checkUnused checks that a version exists and that no target uses it. alias reports whether it is a link to another
// version.
func checkUnused(ctx context.Context, st *store.Store, d *fsys.Dir, foo, name string) (alias bool, err error) {
	t, _, err := d.Look(name)
	switch {
	case err != nil:
		return false, err
	case t == fsys.Symlink:
		return true, checkUses(ctx, st, foo, name, func(u Use) (bool, error) { return u.Version == name, nil })
	case t != fsys.Directory:
		return false, &store.MissingError{Stow: st.Dir().Path() + "/" + foo, Part: name}
	}
	if protocol, err := st.IsProtocol(foo); err != nil {
		return false, err
	} else if !protocol && st.ShowsWhole(foo, []string{name}) { // in GNU Stow's way
		return false, usedError(foo, name, []Use{{Package: foo, Version: name, Target: st.Target().Path()}}, nil)
	}
	own, err := d.Lstat(name)
	if err != nil {
		return false, err
	}
	return false, checkUses(ctx, st, foo, name, func(u Use) (bool, error) { // under its own name or through a link
		info, err := d.Stat(u.Version)
		if errors.Is(err, unix.ENOENT) {
			return u.Version == name, nil
		}
		return u.Version == name || err == nil && info.Dev == own.Dev && info.Ino == own.Ino, err
	})
}

// checkUses refuses a version if it is concerned by any use.
func checkUses(ctx context.Context, st *store.Store, foo, name string, concerns func(Use) (bool, error)) error {
	uses, unseen, err := Uses(ctx, st, foo)
	if err != nil {
		return err
	}
	var by []Use
	for _, u := range uses {
		is, err := concerns(u)
		if err != nil {
			return err
		}
		if is {
			by = append(by, u)
		}
	}
	return usedError(foo, name, by, unseen)
}

func usedError(foo, name string, by []Use, unseen []string) error {
	for _, view := range unseen {
		by = append(by, Use{Package: foo, Version: name, Target: view + " (which cannot be looked at; --forget-view says that it is gone for good)"})
	}
	if len(by) == 0 {
		return nil
	}
	return &UsedError{Package: foo, Version: name, By: by}
}

// removeDiscarded deletes the trees of versions that this command, or a killed one, has renamed for removal.
func removeDiscarded(d *fsys.Dir) error {
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

// removeTree deletes a directory with its content. It follows no links.
func removeTree(d *fsys.Dir, name string) error {
	root, err := fsys.RootOf(d)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.RemoveAll(name); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("cannot remove %s/%s: %w", d.Path(), name, err)
	}
	return nil
}
