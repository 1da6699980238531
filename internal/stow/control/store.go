package control

import (
	"context"
	"fmt"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
	"converge/internal/version"
)

// Manager is the package manager's name for which converge writes control data.
const Manager = "converge"

// Store is a stow directory.
type Store struct {
	Disk Disk
	Dir  string // absolute
}

// Package is a FOO of a stow directory, with all its versions.
type Package struct {
	Name      string
	Versions  []string // names of the directories, oldest version first
	Installed string   // the one that :installed names, "" if none
}

// CheckNames refuses invalid names of packages and version directories.
func CheckNames(pkg, dir string) error {
	switch {
	case !versiondir.IsPackage(pkg):
		return fmt.Errorf("%q is not the name of a package", pkg)
	case !versiondir.IsVersion(dir):
		return fmt.Errorf("%q is not the name of a version", dir)
	}
	return nil
}

// List lists the packages that have versions, by name. Packages stowed in GNU Stow's way (STOW/foo-1.0/bin) have none. A
// missing stow directory counts as empty.
func (s Store) List(ctx context.Context) ([]Package, error) {
	names, err := s.Disk.Entries(ctx, s.Dir)
	if unlessMissing(err) != nil {
		return nil, fmt.Errorf("cannot list the stow directory: %w", err)
	}
	var out []Package
	for _, name := range names {
		if !versiondir.IsPackage(name) {
			continue
		}
		p, err := s.Package(ctx, name)
		if err != nil {
			return nil, err
		}
		if len(p.Versions) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// Package finds the versions of one package.
func (s Store) Package(ctx context.Context, name string) (Package, error) {
	p := Package{Name: name}
	dir := path.Join(s.Dir, name)
	if t, err := s.Disk.leadsTo(ctx, dir); err != nil || t != fsys.Directory {
		return p, err
	}
	entries, err := s.Disk.Entries(ctx, dir)
	if err != nil {
		return p, fmt.Errorf("cannot list package %s: %w", name, err)
	}
	if holdsVersions(entries) {
		p.Versions, err = s.listFolders(ctx, name, entries)
	} else {
		p.Versions, err = s.guessVersions(ctx, dir)
	}
	if err != nil || p.Versions == nil {
		return p, err
	}
	slices.SortStableFunc(p.Versions, func(a, b string) int { return version.Compare(versiondir.VersionName(a), versiondir.VersionName(b)) })
	installed, err := s.Disk.Look(ctx, path.Join(dir, ":installed"))
	if slices.Contains(p.Versions, installed.Text) {
		p.Installed = installed.Text
	}
	return p, err
}

// holdsVersions reports whether one of the entries shows that a package holds versions.
func holdsVersions(entries []string) bool {
	return slices.ContainsFunc(versiondir.ProtocolNames(), func(name string) bool { return slices.Contains(entries, name) })
}

// listFolders returns the versions of a package of the protocol.
func (s Store) listFolders(ctx context.Context, name string, entries []string) (versions []string, err error) {
	for _, e := range entries {
		if !versiondir.IsVersion(e) {
			continue
		}
		if t, err := s.Disk.leadsTo(ctx, s.Dir, name, e); err != nil {
			return nil, err
		} else if t == fsys.Directory {
			versions = append(versions, e)
		}
	}
	return versions, nil
}

// guessVersions returns the probable versions of any other package.
func (s Store) guessVersions(ctx context.Context, dir string) ([]string, error) {
	return versiondir.Guess(s.eachEntry(ctx, dir), func(name string) versiondir.Entries {
		return s.eachEntry(ctx, path.Join(dir, name))
	})
}

func (s Store) eachEntry(ctx context.Context, dir string) versiondir.Entries {
	return func(yield func(versiondir.Entry, error) bool) {
		names, err := s.Disk.Entries(ctx, dir)
		if err != nil {
			yield(versiondir.Entry{}, err)
			return
		}
		for _, name := range names {
			at, err := s.Disk.Look(ctx, path.Join(dir, name))
			if !yield(versiondir.Entry{Name: name, Folder: at.Type == fsys.Directory, Link: at.Text}, err) {
				return
			}
		}
	}
}

// Found is control data with its place.
type Found struct {
	*Data
	Path    string
	Default bool // it applies to every version
}

// InFolder is the file with the control data, if control data is a directory.
const InFolder = "control"

// Find reads manager pm's data of the version in directory dir; nil if there is none. If the data is readable but wrong,
// the error is [stanza.Problems], and the valid part is returned too.
func (s Store) Find(ctx context.Context, pkg, dir, pm string) (*Found, error) {
	if err := CheckNames(pkg, dir); err != nil {
		return nil, err
	}
	for _, at := range []string{path.Join(":control", pm, dir), path.Join(":control-default", pm)} {
		f, err := s.readData(ctx, path.Join(s.Dir, pkg, at))
		if f != nil {
			f.Default = at == path.Join(":control-default", pm)
		}
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// readData reads control data that is a file or a directory.
func (s Store) readData(ctx context.Context, at string) (*Found, error) {
	t, err := s.Disk.leadsTo(ctx, at)
	if err != nil || t == fsys.Nothing {
		return nil, err
	}
	if t == fsys.Directory {
		at = path.Join(at, InFolder)
		if t, err = s.Disk.leadsTo(ctx, at); err != nil || t == fsys.Nothing {
			return nil, err // it contains other data
		}
	}
	text, err := s.Disk.ReadFile(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("cannot read control data: %w", err)
	}
	d, err := Parse(at, text)
	return &Found{Data: d, Path: at}, err
}
