package store

import (
	"context"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
)

// State is the state of one package in the file system.
type State struct {
	Package  string
	Protocol bool // it has protocol names; otherwise it is naive, and of the fields below only Versions may be set
	// Versions are in byte order of the disk names. A package without protocol names has some if it seems to consist of
	// versions.
	Versions []Version
	Config   bool // it has a :config

	Record
	Missing bool // the tree of the installed version no longer exists

	Control  []Control // by package manager
	Defaults []string  // the managers with control data for any version
	Unknown  []string  // names with one leading colon that are unknown
}

// Version is one version of a package.
type Version struct {
	Disk string // the name of its directory
	Link string // its text, if it is a link; "" for a directory
}

// Name returns the version without the colon that keeps its disk name from being magic.
func (v Version) Name() string { return versiondir.VersionName(v.Disk) }

// Control is the control data of one package manager in :control.
type Control struct {
	Manager string
	Parts   []string // disk names of versions
}

// Observe returns the state of a package. It reads its directory once.
func (l Location) Observe(ctx context.Context, foo string) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	st := State{Package: foo}
	d, err := l.OpenPackage(foo)
	if err != nil {
		return st, err
	}
	if d != nil {
		defer d.Close()
		if err := st.addEntries(d); err != nil {
			return st, err
		}
	}
	own, err := l.state(foo)
	if err != nil {
		return st, err
	}
	defer own.close()
	if !l.home && own.dir != nil {
		st.Protocol = true
	}
	if !st.Protocol {
		return st, st.guessVersions(l.StowDir)
	}
	if st.Record, err = own.read(); err != nil {
		return st, err
	}
	if st.Installed != "" {
		there, err := hasDir(d, st.Installed)
		st.Missing = !there
		return st, err
	}
	return st, nil
}

// addEntries reads the directory of a package.
func (st *State) addEntries(d *fsys.Dir) error {
	entries, err := d.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := st.addEntry(d, e); err != nil {
			return err
		}
	}
	return nil
}

// guessVersions keeps the entries that look like versions, for a package without protocol names.
func (st *State) guessVersions(s *StowDir) error {
	st.Unknown = nil
	if len(st.Versions) == 0 {
		return nil
	}
	st.Versions = nil
	names, err := s.LooksVersioned(st.Package)
	for _, name := range names {
		st.Versions = append(st.Versions, Version{Disk: name})
	}
	return err
}

func (st *State) addEntry(d *fsys.Dir, e fsys.DirEntry) (err error) {
	switch e.Name {
	case nameInstalled, nameStowing, nameManagedBy:
		st.Protocol = true
		return nil
	case nameOptions:
		return nil
	case Config:
		st.Protocol, st.Config = true, true
		return nil
	case nameControl:
		st.Protocol = true
		st.Control, err = readControl(d)
		return err
	case nameDefault:
		st.Protocol = true
		st.Defaults, err = plainNames(d, nameDefault)
		return err
	}
	if versiondir.IsMagic(e.Name) {
		st.Unknown = append(st.Unknown, e.Name)
		return nil
	}
	switch e.Type {
	case fsys.Directory:
		st.Versions = append(st.Versions, Version{Disk: e.Name})
	case fsys.Symlink:
		_, text, err := d.Look(e.Name)
		if err != nil {
			return err
		}
		if ok, err := hasDir(d, e.Name); err != nil || !ok {
			return err
		}
		st.Versions = append(st.Versions, Version{Disk: e.Name, Link: text})
	}
	return nil
}

func readControl(d *fsys.Dir) (list []Control, err error) {
	pms, err := plainNames(d, nameControl)
	if err != nil || len(pms) == 0 {
		return nil, err
	}
	c, err := d.OpenDir(nameControl)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, pm := range pms {
		parts, err := plainNames(c, pm)
		if err != nil {
			return nil, err
		}
		list = append(list, Control{Manager: pm, Parts: parts})
	}
	return list, nil
}

// plainNames lists the names in a directory that are not magic. Anything but a directory has none.
func plainNames(d *fsys.Dir, name string) (names []string, err error) {
	c, err := d.OpenDir(name)
	if err != nil {
		if t, _, look := d.Look(name); look == nil && t != fsys.Directory {
			return nil, nil
		}
		return nil, err
	}
	defer c.Close()
	entries, err := c.Entries()
	for _, e := range entries {
		if !versiondir.IsMagic(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names, err
}

// Packages lists all packages, naive ones too, in byte order of the names. It reads the stow directory and each package
// once.
func (l Location) Packages(ctx context.Context) ([]State, error) {
	names, err := l.PackageNames()
	if err != nil {
		return nil, err
	}
	var all []State
	for _, foo := range names {
		st, err := l.Observe(ctx, foo)
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}

// Managers returns the package managers with control data for a version.
func (st State) Managers(disk string) (pms []string) {
	for _, c := range st.Control {
		if slices.Contains(c.Parts, disk) {
			pms = append(pms, c.Manager)
		}
	}
	return pms
}
