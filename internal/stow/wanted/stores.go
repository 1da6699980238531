package wanted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
	"converge/internal/userdb"
)

// Stores are stow directories to search, in this order; a directory named twice is searched once.
type Stores struct {
	Disk control.Disk
	Dirs []Store
	// MayWrite reports whether the requesting user can write to a stow directory without help. Nothing else may be
	// installed: otherwise writing in a stow directory and running the manager would together grant more than both.
	MayWrite func(ctx context.Context, dir string) (bool, error)
	// Notice receives errors about control data, which is then ignored.
	Notice func(err error)
}

// Store is a stow directory with its target.
type Store struct{ Dir, Target string }

// Locals lists the versions in the stow directories.
func (s *Stores) Locals(ctx context.Context) ([]Local, error) {
	var out []Local
	seen := map[string]bool{}
	for _, dir := range s.Dirs {
		if seen[dir.Dir] {
			continue
		}
		seen[dir.Dir] = true
		store := control.Store{Disk: s.Disk, Dir: dir.Dir}
		pkgs, err := store.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range pkgs {
			refused, err := s.whyRefused(ctx, dir, p.Name)
			if err != nil {
				return nil, err
			}
			for _, v := range p.Versions {
				l := Local{Package: p.Name, Version: v, Installed: v == p.Installed, Refused: refused}
				l.Has = image{s.Disk, path.Join(dir.Dir, p.Name, v)}.has
				if err := s.addControlData(ctx, store, &l); err != nil {
					return nil, err
				}
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// addControlData adds the control data to a local package.
func (s *Stores) addControlData(ctx context.Context, store control.Store, l *Local) error {
	found, err := store.Find(ctx, l.Package, l.Version, control.Manager)
	var problems stanza.Problems
	if errors.As(err, &problems) {
		s.Notice(err)
		return nil
	}
	if err != nil || found == nil {
		return err
	}
	l.Names, l.Unstable = found.Names, found.Tagged(control.Unstable)
	return nil
}

// whyRefused explains why the user may not install a package; "" if it is permitted.
func (s *Stores) whyRefused(ctx context.Context, dir Store, pkg string) (string, error) {
	for _, d := range []string{path.Join(dir.Dir, pkg), dir.Target} {
		if ok, err := s.MayWrite(ctx, d); err != nil || !ok {
			return "the requesting user cannot write in " + d + ", and so could not stow it himself", err
		}
	}
	return "", nil
}

// Requester returns the number of the requesting user: the one before sudo, from SUDO_UID, or else that of this process.
func Requester(sudoUID string) uint32 {
	if n, err := strconv.ParseUint(sudoUID, 10, 32); err == nil {
		return uint32(n)
	}
	return uint32(os.Getuid())
}

// OpenStores returns the stow directories below the root of fs, limited to what the requesting user may install.
func OpenStores(fs *fsys.FS, users *userdb.DB, dirs []Store, requester uint32, notice func(error)) *Stores {
	return &Stores{Disk: control.OnDisk(fs), Dirs: dirs, MayWrite: Permit{fs, users, requester}.MayWrite, Notice: notice}
}

// FindStores returns the stow directories to search: the named ones, or else those of the mapping.
func FindStores(ctx context.Context, disk control.Disk, named []string) ([]Store, error) {
	var out []Store
	for _, dir := range named {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("cannot find --stow-dir %q: %w", dir, err)
		}
		target, err := control.Store{Disk: disk, Dir: abs}.Target(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, Store{Dir: abs, Target: target})
	}
	if len(named) > 0 {
		return out, nil
	}
	m, err := control.ReadMapping(ctx, disk)
	for _, rule := range m {
		out = append(out, Store{Dir: rule.Stow, Target: rule.Target})
	}
	return out, err
}

// FindPackage returns the first of the stow directories that contains a version of a package.
func FindPackage(ctx context.Context, disk control.Disk, dirs []Store, pkg string) (string, error) {
	for _, d := range dirs {
		p, err := control.Store{Disk: disk, Dir: d.Dir}.Package(ctx, pkg)
		if err != nil {
			return "", err
		}
		if len(p.Versions) > 0 {
			return d.Dir, nil
		}
	}
	return "", errors.New("no stow directory has a version of " + pkg)
}
