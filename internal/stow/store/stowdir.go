package store

import (
	"context"
	"fmt"
	"path"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
)

// StowDir is a stow directory: its packages and their parts. It only reads, except for the locks of packages.
type StowDir struct {
	dir  *fsys.Dir
	open func(path string) (*fsys.Dir, error)
}

// Dir returns the open directory.
func (s *StowDir) Dir() *fsys.Dir { return s.dir }

// OpenDir opens a directory of the host.
func (s *StowDir) OpenDir(path string) (*fsys.Dir, error) { return s.open(path) }

// OpenPackage opens the directory of a package; nil if there is none.
func (s *StowDir) OpenPackage(foo string) (*fsys.Dir, error) {
	d, err := s.dir.Follow(foo)
	if isMissing(err) {
		return nil, nil
	}
	return d, err
}

// LockPackage opens the directory of a package and locks it against every other
// command. Close unlocks it.
func (s *StowDir) LockPackage(ctx context.Context, foo string) (*fsys.Dir, error) {
	if !versiondir.IsPackage(foo) {
		return nil, &UsageError{Text: fmt.Sprintf("%q is no package", foo)}
	}
	d, err := s.OpenPackage(foo)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, &MissingError{Stow: s.dir.Path(), Part: foo}
	}
	if err := d.Lock(ctx, true, nil); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// HasPart reports whether the tree of a part of a package exists: a version by
// its disk name, or [Config].
func (s *StowDir) HasPart(foo, part string) (bool, error) {
	if part == "" {
		return false, nil
	}
	d, err := s.OpenPackage(foo)
	if err != nil || d == nil {
		return false, unlessNotDir(err)
	}
	defer d.Close()
	return hasDir(d, part)
}

// hasProtocolNames reports whether the directory of a package contains any name of the protocol.
func (s *StowDir) hasProtocolNames(foo string) (bool, error) {
	if !versiondir.IsPackage(foo) {
		return false, nil
	}
	d, err := s.OpenPackage(foo)
	if err != nil || d == nil {
		return false, unlessNotDir(err)
	}
	defer d.Close()
	for _, name := range versiondir.ProtocolNames() {
		t, _, err := d.Look(name)
		if err != nil || t != fsys.Nothing {
			return t != fsys.Nothing, err
		}
	}
	return false, nil
}

// LooksVersioned guesses whether a naive package is meant to follow the protocol: it returns the names that
// [versiondir.Guess] considers its versions.
func (s *StowDir) LooksVersioned(foo string) ([]string, error) {
	d, err := s.OpenPackage(foo)
	if err != nil || d == nil {
		return nil, unlessNotDir(err)
	}
	defer d.Close()
	return versiondir.Guess(guessEntries(d), func(name string) versiondir.Entries {
		return func(yield func(versiondir.Entry, error) bool) {
			v, err := d.OpenDir(name)
			if err != nil {
				yield(versiondir.Entry{}, err)
				return
			}
			defer v.Close()
			guessEntries(v)(yield)
		}
	})
}

// guessEntries returns the entries of a directory in the form that [versiondir.Guess] takes.
func guessEntries(d *fsys.Dir) versiondir.Entries {
	return func(yield func(versiondir.Entry, error) bool) {
		entries, err := d.Entries()
		if err != nil {
			yield(versiondir.Entry{}, err)
			return
		}
		for _, e := range entries {
			g := versiondir.Entry{Name: e.Name, Folder: e.Type == fsys.Directory}
			if e.Type == fsys.Symlink {
				_, g.Link, err = d.Look(e.Name)
			}
			if !yield(g, err) {
				return
			}
		}
	}
}

// isVersioned reports whether a package follows the protocol, or is about to: a manager must be able to stow itself.
func (s *StowDir) isVersioned(foo string) (bool, error) {
	if yes, err := s.hasProtocolNames(foo); yes || err != nil {
		return yes, err
	}
	versions, err := s.LooksVersioned(foo)
	return len(versions) > 0, err
}

// statFile follows a path of the host. An unreadable path counts as missing: an error must be able to name the holder of
// a package even if its file is deleted.
func (s *StowDir) statFile(p string) (fsys.Info, bool) {
	d, err := s.open(path.Dir(p))
	if err != nil {
		return fsys.Info{}, false
	}
	defer d.Close()
	info, err := d.Stat(path.Base(p))
	return info, err == nil
}

// hasDir reports whether a directory contains a directory of that name, or a link to one. d may be nil.
func hasDir(d *fsys.Dir, name string) (bool, error) {
	if d == nil {
		return false, nil
	}
	t, err := d.Leads(name)
	return t == fsys.Directory, err
}
