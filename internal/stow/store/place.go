package store

import (
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/version"
)

// nameViewState is the directory of a view that holds the state of its
// packages.
const nameViewState = ".stow2"

// place is one target of the store.
type place struct {
	dir  *fsys.Dir
	stow string // the stow directory, from the target
	home bool   // state is in the stow directory
}

// seat finds the state of a package; its dir is nil if there is none.
func (p place) seat(s *Store, foo string) (seat, error) {
	if p.home {
		d, err := s.pkg(foo)
		return seat{dir: d, path: s.dir.Path() + "/" + foo}, err
	}
	st := p.viewSeat(foo)
	all, err := p.dir.OpenDir(nameViewState)
	if gone(err) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	defer all.Close()
	st.dir, err = all.OpenDir(foo)
	if gone(err) {
		return st, nil
	}
	return st, err
}

func (p place) viewSeat(foo string) seat {
	return seat{
		base: "../../" + p.stow + "/" + foo + "/",
		path: p.dir.Path() + "/" + nameViewState + "/" + foo,
	}
}

// stated lists the packages that a view has state of.
func (p place) stated() (names []string, err error) {
	if p.home {
		return nil, nil
	}
	d, err := p.dir.OpenDir(nameViewState)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	for _, e := range entries {
		if e.Type == fsys.Directory && isPackage(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names, err
}

// names lists the packages of the store, and those that the target has state
// of.
func (s *Store) names() ([]string, error) {
	entries, err := s.dir.Entries()
	if err != nil {
		return nil, err
	}
	names, err := s.at.stated()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !isPackage(e.Name) || e.Type != fsys.Directory && e.Type != fsys.Symlink {
			continue
		}
		if e.Type == fsys.Symlink {
			if ok, err := holds(s.dir, e.Name); err != nil || !ok {
				continue // leads nowhere, or out of sight
			}
		}
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// protocol tells whether a package holds protocol names, here or in the state
// of the target.
func (s *Store) protocol(p place, foo string) (bool, error) {
	if !isPackage(foo) {
		return false, nil
	}
	if !p.home {
		st, err := p.seat(s, foo)
		if st.close(); err != nil || st.dir != nil {
			return st.dir != nil, err
		}
	}
	d, err := s.pkg(foo)
	if err != nil || d == nil {
		return false, notDir(err)
	}
	defer d.Close()
	for _, name := range magicNames() {
		t, _, err := d.Look(name)
		if err != nil || t != fsys.Nothing {
			return t != fsys.Nothing, err
		}
	}
	return false, nil
}

// MayBeVersion reports whether FOO/N.N on a command line may be taken for a
// version: FOO is a package of the protocol, or the name looks like that of a
// version, or it is a link to one that does (latest -> 2.0).
func (s *Store) MayBeVersion(a Arg) (bool, error) {
	if a.Part == "" || a.Part == Config || version.Names(a.Part, "") {
		return true, nil
	}
	if yes, err := s.protocol(s.at, a.Package); yes || err != nil {
		return yes, err
	}
	d, err := s.pkg(a.Package)
	if err != nil || d == nil {
		return false, notDir(err)
	}
	defer d.Close()
	_, text, err := d.Look(a.Part)
	return version.Names(a.Part, text), err
}

// LooksVersioned tells of a naive package whether it seems to be meant as one
// of the protocol: the names of what [version.Guess] takes for its versions.
func (s *Store) LooksVersioned(foo string) ([]string, error) {
	d, err := s.pkg(foo)
	if err != nil || d == nil {
		return nil, notDir(err)
	}
	defer d.Close()
	return version.Guess(guessed(d), func(name string) version.Entries {
		return func(yield func(version.Entry, error) bool) {
			v, err := d.OpenDir(name)
			if err != nil {
				yield(version.Entry{}, err)
				return
			}
			defer v.Close()
			guessed(v)(yield)
		}
	})
}

// guessed are the entries of a directory as [version.Guess] takes them.
func guessed(d *fsys.Dir) version.Entries {
	return func(yield func(version.Entry, error) bool) {
		entries, err := d.Entries()
		if err != nil {
			yield(version.Entry{}, err)
			return
		}
		for _, e := range entries {
			g := version.Entry{Name: e.Name, Folder: e.Type == fsys.Directory}
			if e.Type == fsys.Symlink {
				_, g.Link, err = d.Look(e.Name)
			}
			if !yield(g, err) {
				return
			}
		}
	}
}

// shownWhole tells whether the target shows a package with all that looks like
// its versions, as GNU Stow does: then that is what the package is.
func (s *Store) shownWhole(foo string, versions []string) bool {
	for _, v := range versions {
		t, text, err := s.at.dir.Look(v)
		if err == nil && t == fsys.Symlink && text == path.Join(s.at.stow, foo, v) {
			return true
		}
		sub, err := s.at.dir.OpenDir(v)
		if err == nil {
			sub.Close()
			return true // its links, unfolded
		}
	}
	return false
}
