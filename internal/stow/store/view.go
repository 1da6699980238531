package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// viewHash is the name under which a store knows a view: 16 hexadecimal digits
// of the SHA-256 of its path.
func viewHash(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8])
}

// register records in the store that the view is about to show one of its
// packages, so that no version is removed that a view uses. A read-only store
// cannot record it: Settings.Views names such a view to a removal of versions.
func (r *run) register() error {
	if r.at.home {
		return nil
	}
	view := r.at.dir.Path()
	if r.view != "" {
		view = r.view
	}
	views, err := r.ensureDir(r.dir, nameViews)
	if err != nil {
		return r.unregistered(err)
	}
	defer views.Close()
	name := viewHash(view)
	known, err := views.Reads(name, view)
	if known || err != nil {
		return err
	}
	err = r.write("register", func() error {
		if err := views.Remove(name); err != nil && !gone(err) {
			return err
		}
		return views.Symlink(view, name)
	})
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return nil
	}
	return r.unregistered(err)
}

func (r *run) unregistered(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		r.cfg.Warn(fmt.Sprintf("%s does not know that %s is a view of it: %v", r.dir.Path(), r.at.dir.Path(), err))
		return nil
	}
	return err
}

// Views lists the targets of the store other than its own: those that are
// registered, and those that Settings names. A registered one may be out of
// sight; ForgetView is for those that will not come back.
func (s *Store) Views() ([]string, error) {
	views := slices.Clone(s.cfg.Views)
	if !s.at.home {
		views = append(views, s.at.dir.Path())
	}
	d, err := s.dir.OpenDir(nameViews)
	if gone(err) {
		slices.Sort(views)
		return slices.Compact(views), nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		t, text, err := d.Look(e.Name)
		if err != nil {
			return nil, err
		}
		if t == fsys.Symlink {
			views = append(views, text)
		}
	}
	slices.Sort(views)
	return slices.Compact(views), nil
}

// ForgetView removes a view from those that the store knows, by its path. It
// is for views that were deleted: until then they count as showing what they
// showed. The error is [UsageError] if the store knows no such view, or if it
// is still there and shows something of the store.
func (s *Store) ForgetView(view string) error {
	d, err := s.dir.OpenDir(nameViews)
	if err != nil && !gone(err) {
		return err
	}
	if d != nil {
		defer d.Close()
		known, err := d.Reads(viewHash(view), view)
		switch {
		case err != nil:
			return err
		case known:
			uses, err := s.viewUses(view, "")
			if err == nil && len(uses) > 0 {
				return &UsageError{Text: fmt.Sprintf("%s shows %s/%s: unstow it there first", view, uses[0].Package, uses[0].Version)}
			}
			return d.Remove(viewHash(view))
		}
	}
	return &UsageError{Text: fmt.Sprintf("%s knows no view %s", s.dir.Path(), view)}
}

// Use is one target that shows a version, or is on its way to.
type Use struct {
	Package string
	Version string // the disk name
	Target  string // the store's own is ""
	Stowing bool   // it is the goal of a change
	Holder  string // the text of :managed-by
	Missing bool   // the version's tree is gone
}

func (u Use) String() string {
	where := u.Target
	if where == "" {
		where = "installed"
	}
	if u.Stowing {
		where += ", being stowed"
	}
	return where
}

// Uses tells of every version of a package which targets show it; "" asks for
// all packages. The second answer is views that could not be looked at: what
// they use is not known.
func (s *Store) Uses(ctx context.Context, foo string) (uses []Use, unseen []string, err error) {
	home, err := s.homeUses(ctx, foo)
	if err != nil {
		return nil, nil, err
	}
	uses = home
	views, err := s.Views()
	if err != nil {
		return nil, nil, err
	}
	for _, view := range views {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		found, err := s.viewUses(view, foo)
		switch {
		case err != nil: // what cannot be looked at may be on a disk that is not mounted
			unseen = append(unseen, view)
		default:
			uses = append(uses, found...)
		}
	}
	return uses, unseen, nil
}

func (s *Store) homeUses(ctx context.Context, foo string) (uses []Use, err error) {
	names := []string{foo}
	if foo == "" {
		if names, err = s.names(); err != nil {
			return nil, err
		}
	}
	for _, foo := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found, err := s.usesAt(place{home: true}, "", foo)
		if err != nil {
			return nil, err
		}
		uses = append(uses, found...)
	}
	return uses, nil
}

// viewUses reads one view and its generations.
func (s *Store) viewUses(view, foo string) (uses []Use, err error) {
	d, err := s.cfg.OpenDir(view)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	targets := []string{""}
	gens, err := generations(d)
	if err != nil {
		return nil, err
	}
	if err := s.sees(d, view, len(gens)); err != nil {
		return nil, err
	}
	for _, g := range gens {
		targets = append(targets, g.path())
	}
	for _, sub := range targets {
		found, err := s.targetUses(d, sub, foo)
		if err != nil {
			return nil, err
		}
		uses = append(uses, found...)
	}
	return uses, nil
}

// sees refuses a registered view that has lost all state: a view keeps a
// directory for it even when it shows nothing, so the present directory is the
// empty mount point of a missing disk, or another directory in the view's place.
func (s *Store) sees(d *fsys.Dir, view string, generations int) error {
	if t, _, err := d.Look(nameViewState); err != nil || t != fsys.Nothing || generations > 0 {
		return err
	}
	views, err := s.dir.OpenDir(nameViews)
	if err != nil {
		return notDir(err)
	}
	defer views.Close()
	known, err := views.Reads(viewHash(view), view)
	if err == nil && known {
		err = fmt.Errorf("cannot look at view %s: it has no %s: %w", view, nameViewState, fs.ErrNotExist)
	}
	return err
}

func (s *Store) targetUses(view *fsys.Dir, sub, foo string) (uses []Use, err error) {
	d, err := view.OpenPath(sub)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	p := s.placeAt(d, false)
	names, err := p.stated()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if foo != "" && name != foo {
			continue
		}
		found, err := s.usesAt(p, d.Path(), name)
		if err != nil {
			return nil, err
		}
		uses = append(uses, found...)
	}
	return uses, nil
}

// usesAt tells what one target shows of one package. A view's package may come
// from another store: that is no use of ours.
func (s *Store) usesAt(p place, target, foo string) (uses []Use, err error) {
	st, err := p.seat(s, foo)
	if err != nil {
		return nil, notDir(err)
	}
	defer st.close()
	was, err := st.read()
	if errno := unix.Errno(0); err != nil && !p.home && !errors.As(err, &errno) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if was.installed != "" {
		uses = append(uses, Use{Package: foo, Version: was.installed, Target: target, Holder: was.holder})
	}
	if v := was.to.Version; was.stowing && v != "" && v != was.installed {
		uses = append(uses, Use{Package: foo, Version: v, Target: target, Holder: was.holder, Stowing: true})
	}
	for i := range uses {
		there, err := s.there(foo, uses[i].Version)
		if err != nil {
			return nil, err
		}
		uses[i].Missing = !there
	}
	return uses, nil
}
