package control

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/stow/versiondir"
	"converge/internal/version"
)

// Manager is the PM under whose name converge's control data is found.
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
	ManagedBy string   // what :managed-by reads, "" if there is none
}

// ByName returns the version of a directory's name: one colon less if it begins
// with two or more.
func ByName(dir string) string {
	if strings.HasPrefix(dir, "::") {
		return dir[1:]
	}
	return dir
}

// Magic reports whether a name in FOO is none of a version.
func Magic(name string) bool {
	return strings.HasPrefix(name, ":") && !strings.HasPrefix(name, "::")
}

// CheckNames refuses invalid names of a package and of the directory of a
// version.
func CheckNames(pkg, dir string) error {
	switch {
	case pkg == "" || pkg == "." || pkg == ".." || pkg[0] == ':' || strings.ContainsAny(pkg, "/\x00"):
		return fmt.Errorf("%q is not the name of a package", pkg)
	case dir == "" || dir == "." || dir == ".." || Magic(dir) || strings.ContainsAny(dir, "/\x00"):
		return fmt.Errorf("%q is not the name of a version", dir)
	}
	return nil
}

// List lists the packages that have versions, by name. Packages stowed in GNU
// Stow's way (STOW/foo-1.0/bin) have none. A missing stow directory is empty.
func (s Store) List(ctx context.Context) ([]Package, error) {
	names, err := s.Disk.Entries(ctx, s.Dir)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the stow directory: %w", err)
	}
	var out []Package
	for _, name := range names {
		if CheckNames(name, "x") != nil {
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
	if t, err := typeAt(ctx, s.Disk, dir); err != nil || t != Folder {
		return p, err
	}
	entries, err := s.Disk.Entries(ctx, dir)
	if err != nil {
		return p, fmt.Errorf("cannot list package %s: %w", name, err)
	}
	if slices.ContainsFunc(entries, protocolName) {
		p.Versions, err = s.listFolders(ctx, name, entries)
	} else {
		p.Versions, err = s.guessVersions(ctx, dir)
	}
	if err != nil || p.Versions == nil {
		return p, err
	}
	slices.SortStableFunc(p.Versions, func(a, b string) int { return version.Compare(ByName(a), ByName(b)) })
	return p, s.readState(ctx, &p)
}

// readState reads the magic links.
func (s Store) readState(ctx context.Context, p *Package) error {
	holder, err := s.Disk.Look(ctx, path.Join(s.Dir, p.Name, ":managed-by"))
	if err != nil {
		return err
	}
	p.ManagedBy = holder.Text
	installed, err := s.Disk.Look(ctx, path.Join(s.Dir, p.Name, ":installed"))
	if err != nil {
		return err
	}
	if slices.Contains(p.Versions, installed.Text) {
		p.Installed = installed.Text
	}
	return nil
}

// protocolName reports whether a name shows that FOO holds versions.
func protocolName(name string) bool {
	switch name {
	case ":installed", ":managed-by", ":stowing", ":config", ":control", ":control-default":
		return true
	}
	return false
}

// listFolders are the versions of a package of the protocol.
func (s Store) listFolders(ctx context.Context, name string, entries []string) (versions []string, err error) {
	for _, e := range entries {
		if CheckNames(name, e) != nil {
			continue
		}
		if t, err := typeAt(ctx, s.Disk, s.Dir, name, e); err != nil {
			return nil, err
		} else if t == Folder {
			versions = append(versions, e)
		}
	}
	return versions, nil
}

// guessVersions finds what may be versions of any other package.
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
			if !yield(versiondir.Entry{Name: name, Folder: at.Type == Folder, Link: at.Text}, err) {
				return
			}
		}
	}
}
