package store

import (
	"context"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
)

// ViewState is the directory of a view that holds the state of its packages.
const ViewState = ".stow2"

// Location is one target of a stow directory, with the place of its packages' state. It only reads.
type Location struct {
	*StowDir
	target *fsys.Dir
	stow   string // the stow directory, from the target
	home   bool   // the stow directory holds the state; otherwise the target does
}

// LocationAt returns another target of the stow directory, a view. The caller closes the target.
func (s *StowDir) LocationAt(target *fsys.Dir) Location {
	return Location{StowDir: s, target: target, stow: relativePath(target.Path(), s.dir.Path())}
}

// Home returns the location whose state is in the stow directory. It has no target.
func (s *StowDir) Home() Location { return Location{StowDir: s, home: true} }

// Target returns the open target.
func (l Location) Target() *fsys.Dir { return l.target }

// IsView reports whether the target is not the store's own.
func (l Location) IsView() bool { return !l.home }

// state opens the state of a package; its dir is nil if there is none.
func (l Location) state(foo string) (packageState, error) {
	if l.home {
		d, err := l.OpenPackage(foo)
		return packageState{dir: d, path: l.dir.Path() + "/" + foo}, err
	}
	st := l.viewState(l.target.Path(), foo)
	all, err := openIfThere(l.target, ViewState)
	if err != nil || all == nil {
		return st, err
	}
	defer all.Close()
	st.dir, err = openIfThere(all, foo)
	return st, err
}

// viewState returns the state of a package in a view at a path, unopened.
func (l Location) viewState(view, foo string) packageState {
	return packageState{
		base: "../../" + l.stow + "/" + foo + "/",
		path: view + "/" + ViewState + "/" + foo,
	}
}

// HasState reports whether a view has the directory that holds its state.
func (l Location) HasState() (bool, error) {
	t, _, err := l.target.Look(ViewState)
	return t != fsys.Nothing, err
}

// StatedPackages lists the packages with state in a view; none at home.
func (l Location) StatedPackages() (names []string, err error) {
	if l.home {
		return nil, nil
	}
	d, err := openIfThere(l.target, ViewState)
	if err != nil || d == nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.Entries()
	for _, e := range entries {
		if e.Type == fsys.Directory && versiondir.IsPackage(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names, err
}

// PackageNames lists the packages of the stow directory, and those with state in the target, in byte order.
func (l Location) PackageNames() ([]string, error) {
	entries, err := l.dir.Entries()
	if err != nil {
		return nil, err
	}
	names, err := l.StatedPackages()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		ok := versiondir.IsPackage(e.Name)
		if ok && e.Type != fsys.Directory { // a dangling or inaccessible link is not a package
			ok, _ = hasDir(l.dir, e.Name)
		}
		if ok {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// IsProtocol reports whether a package has protocol names, in the stow directory or in the state of the target.
func (l Location) IsProtocol(foo string) (bool, error) {
	if !l.home && versiondir.IsPackage(foo) {
		st, err := l.state(foo)
		if st.close(); err != nil || st.dir != nil {
			return st.dir != nil, err
		}
	}
	return l.hasProtocolNames(foo)
}

// MayBeVersion reports whether FOO/N.N on a command line can be a version: FOO is a package of the protocol, or the name
// looks like that of a version, or is a link to one that does (latest -> 2.0).
func (l Location) MayBeVersion(a Arg) (bool, error) {
	if a.Part == "" || a.Part == Config || versiondir.Names(a.Part, "") {
		return true, nil
	}
	if yes, err := l.IsProtocol(a.Package); yes || err != nil {
		return yes, err
	}
	d, err := l.OpenPackage(a.Package)
	if err != nil || d == nil {
		return false, unlessNotDir(err)
	}
	defer d.Close()
	_, text, err := d.Look(a.Part)
	return versiondir.Names(a.Part, text), err
}

// ShowsWhole reports whether the target shows a package with all its apparent versions, as GNU Stow does: then the
// package is naive.
func (l Location) ShowsWhole(foo string, versions []string) bool {
	for _, v := range versions {
		t, text, err := l.target.Look(v)
		if err == nil && t == fsys.Symlink && text == path.Join(l.stow, foo, v) {
			return true
		}
		sub, err := l.target.OpenDir(v)
		if err == nil {
			sub.Close()
			return true // its links, unfolded
		}
	}
	return false
}

// ShownVersions returns the version of each package that the target shows.
func (l Location) ShownVersions(ctx context.Context) (map[string]string, error) {
	names, err := l.PackageNames()
	if err != nil {
		return nil, err
	}
	shown := map[string]string{}
	for _, foo := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		st, err := l.state(foo)
		if err != nil {
			if unlessNotDir(err) == nil {
				continue
			}
			return nil, err
		}
		text := ""
		if st.dir != nil {
			text, err = st.link(nameInstalled)
		}
		st.close()
		if err != nil {
			return nil, err
		}
		if v, ok := parseVersion(text, st.base); ok {
			shown[foo] = v
		}
	}
	return shown, nil
}
