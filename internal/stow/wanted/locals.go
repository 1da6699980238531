package wanted

import (
	"context"
	"errors"
	"path"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
)

// Stores are stow directories to be searched, in this order; one that is named
// twice is searched once.
type Stores struct {
	Disk control.Disk
	Dirs []Store
	// Permit decides what may be installed; nil: everything. What may not is
	// what the requesting user could not stow by himself: otherwise to write in
	// a stow directory and to run the manager would together be more than both.
	Permit Permit
	// Notice receives faults of control data, which is then ignored.
	Notice func(err error)
}

// Store is a stow directory and what it is stowed to.
type Store struct{ Dir, Target string }

// Locals implements [Locals].
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

// addControlData adds the control data.
func (s *Stores) addControlData(ctx context.Context, store control.Store, l *Local) error {
	found, err := store.Find(ctx, l.Package, l.Version, control.Manager)
	var problems stanza.Problems
	if errors.As(err, &problems) {
		if s.Notice != nil {
			s.Notice(err)
		}
		return nil
	}
	if err != nil || found == nil {
		return err
	}
	l.Names, l.Unstable = found.Names, found.Tagged(control.Unstable)
	return nil
}

// whyRefused explains why the user may not install a package; "" if that is
// permitted.
func (s *Stores) whyRefused(ctx context.Context, dir Store, pkg string) (string, error) {
	if s.Permit == nil {
		return "", nil
	}
	for _, d := range []string{path.Join(dir.Dir, pkg), dir.Target} {
		if ok, err := s.Permit.MayWrite(ctx, d); err != nil || !ok {
			return "the requesting user cannot write in " + d + ", and so could not stow it himself", err
		}
	}
	return "", nil
}
