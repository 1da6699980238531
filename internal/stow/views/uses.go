package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/store"
)

// Use is one target that shows a version, or is about to.
type Use struct {
	Package string
	Version string // the disk name
	Target  string // "" is the store's own
	Stowing bool   // it is the goal of a change
	Holder  string // the text of :managed-by
}

func (u Use) String() string {
	where := cmp.Or(u.Target, "installed")
	if u.Stowing {
		where += ", being stowed"
	}
	return where
}

// Uses lists the targets that show each version of a package; "" means all packages. unseen are unreadable views, whose
// uses are unknown.
func Uses(ctx context.Context, st *store.Store, foo string) (uses []Use, unseen []string, err error) {
	if uses, err = homeUses(ctx, st, foo); err != nil {
		return nil, nil, err
	}
	views, err := List(st)
	if err != nil {
		return nil, nil, err
	}
	for _, view := range views {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		found, err := viewUses(st, view, foo)
		if err != nil { // it may be on an unmounted disk
			unseen = append(unseen, view)
		} else {
			uses = append(uses, found...)
		}
	}
	return uses, unseen, nil
}

func homeUses(ctx context.Context, st *store.Store, foo string) (uses []Use, err error) {
	names := []string{foo}
	if foo == "" {
		if names, err = st.PackageNames(); err != nil {
			return nil, err
		}
	}
	for _, foo := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		was, err := st.Home().Record(foo)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			continue
		}
		if err != nil {
			return nil, err
		}
		uses = append(uses, usesOf(was, "", foo)...)
	}
	return uses, nil
}

// viewUses reads one view and its generations.
func viewUses(st *store.Store, view, foo string) (uses []Use, err error) {
	d, err := st.OpenDir(view)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	gens, err := listGenerations(d)
	if err != nil {
		return nil, err
	}
	if err := checkState(st, d, view, len(gens)); err != nil {
		return nil, err
	}
	targets := []string{""}
	for _, g := range gens {
		targets = append(targets, g.path())
	}
	for _, sub := range targets {
		found, err := targetUses(st, d, sub, foo)
		if err != nil {
			return nil, err
		}
		uses = append(uses, found...)
	}
	return uses, nil
}

// checkState refuses a registered view without any state: a view keeps a directory for it even when it shows nothing, so
// the directory is the empty mount point of a missing disk, or has replaced the view.
func checkState(st *store.Store, d *fsys.Dir, view string, generations int) error {
	if has, err := st.LocationAt(d).HasState(); err != nil || has || generations > 0 {
		return err
	}
	known, err := st.IsRegistered(view)
	if err == nil && known {
		err = fmt.Errorf("cannot look at view %s: it has no %s: %w", view, store.ViewState, fs.ErrNotExist)
	}
	return err
}

func targetUses(st *store.Store, view *fsys.Dir, sub, foo string) (uses []Use, err error) {
	d, err := view.OpenPath(sub)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	at := st.LocationAt(d)
	names, err := at.StatedPackages()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if foo != "" && name != foo {
			continue
		}
		was, err := at.Record(name)
		if errno := unix.Errno(0); err != nil && (!errors.As(err, &errno) || errno == unix.ENOTDIR || errno == unix.ELOOP) {
			continue // the state is of another store
		}
		if err != nil {
			return nil, err
		}
		uses = append(uses, usesOf(was, d.Path(), name)...)
	}
	return uses, nil
}

// usesOf lists the versions that a record of one target names.
func usesOf(was store.Record, target, foo string) (uses []Use) {
	if was.Installed != "" {
		uses = append(uses, Use{Package: foo, Version: was.Installed, Target: target, Holder: was.Holder})
	}
	if v := was.To.Version; was.Interrupted && v != "" && v != was.Installed {
		uses = append(uses, Use{Package: foo, Version: v, Target: target, Holder: was.Holder, Stowing: true})
	}
	return uses
}

// UsedError is a version that cannot be removed because a target uses it.
type UsedError struct {
	Package, Version string
	By               []Use
}

func (e *UsedError) Error() string {
	by := make([]string, len(e.By))
	for i, u := range e.By {
		by[i] = u.String()
	}
	return fmt.Sprintf("cannot remove %s/%s: it is in use: %s", e.Package, e.Version, strings.Join(by, ", "))
}

// ExitCode returns the exit code of a program that ends with this error.
func (*UsedError) ExitCode() int { return store.ExitHeld }
