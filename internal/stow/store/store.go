package store

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// Store is one target of a stow directory, with the package manager that acts there. It is for one goroutine; any number
// of processes may open the same one.
type Store struct {
	Location
	cfg      *Settings
	homePath string // the store's own target; "" unknown
	actor    actor
}

// Open opens a store. It reads as little as it can and changes nothing.
func Open(cfg Settings) (*Store, error) {
	if cfg.OpenDir == nil {
		cfg.OpenDir = fsys.OpenDirAt
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	dir := &StowDir{open: cfg.OpenDir}
	s := &Store{cfg: &cfg}
	var err error
	if s.actor, err = newActor(dir, cfg.Actor, cfg.Name); err != nil {
		return nil, err
	}
	if dir.dir, err = cfg.OpenDir(cfg.Stow); err != nil {
		return nil, err
	}
	if err := s.openTarget(dir, cfg.Target); err != nil {
		dir.dir.Close()
		return nil, err
	}
	return s, nil
}

// openTarget opens the target at a path, or the store's own for "".
func (s *Store) openTarget(dir *StowDir, target string) error {
	t, err := openHome(dir)
	if err == nil {
		s.homePath = t.Path()
	}
	if target != "" {
		if err == nil {
			t.Close()
		}
		t, err = dir.open(target)
	}
	if err != nil {
		return err
	}
	s.Location = dir.LocationAt(t)
	s.home = s.homePath == t.Path()
	return nil
}

// openHome opens the store's own target.
func openHome(dir *StowDir) (*fsys.Dir, error) {
	stow := dir.dir.Path()
	t, text, err := dir.dir.Look(nameTarget)
	switch {
	case err != nil:
		return nil, err
	case t == fsys.Nothing:
		return dir.open(path.Dir(stow))
	case t != fsys.Symlink:
		return nil, fmt.Errorf("cannot tell the target of %s: %s is not a link", stow, nameTarget)
	}
	d, err := dir.open(resolveLink(stow, text))
	if errors.Is(err, unix.ENOTDIR) || isMissing(err) {
		return nil, fmt.Errorf("cannot tell the target of %s: %s leads to no directory: %w", stow, nameTarget, err)
	}
	return d, err
}

// Close closes the directories.
func (s *Store) Close() error {
	return errors.Join(s.target.Close(), s.dir.Close())
}

// HomePath returns the path of the store's own target; "" if :target is unreadable.
func (s *Store) HomePath() string { return s.homePath }

// NamedViews returns Settings.Views.
func (s *Store) NamedViews() []string { return slices.Clone(s.cfg.Views) }

// Writer returns the writer of this store's state.
func (s *Store) Writer() Writer { return Writer{s.cfg} }

func (s *Store) newResolver(at Location, o Options) *resolver {
	return &resolver{Location: at, actor: s.actor, opts: o, known: map[string]bool{}}
}

// Plan forecasts changes. It only reads. An interrupted package is an error: its state is unfinished.
func (s *Store) Plan(ctx context.Context, changes []Change, o Options) (Plan, error) {
	c := s.newCommand(s.Location, o)
	defer c.close()
	return c.forecast(ctx, changes)
}

// Apply finishes interrupted changes, and then makes the requested ones. It writes nothing if there is nothing to do, or
// if there are conflicts.
func (s *Store) Apply(ctx context.Context, changes []Change, o Options) (Report, error) {
	c := s.newCommand(s.Location, o)
	defer c.close()
	err := c.apply(ctx, changes)
	return c.report, err
}

// Recover finishes every interrupted change of this target, or undoes it if it cannot be finished. Every user with write
// permission may recover: that finishes the holder's own change.
func (s *Store) Recover(ctx context.Context, o Options) (Report, error) {
	c := s.newCommand(s.Location, o)
	defer c.close()
	err := recovery{c}.recoverAll(ctx)
	return c.report, err
}

// marker is GNU Stow's name for the marker of a stow directory.
const marker = ".stow"

// Mark makes the marker of a stow directory in a package: GNU Stow then treats links into its versions as links into a
// stow directory, and unfolds them instead of reporting a conflict. It is a file, so it is not a version. "." marks the
// stow directory itself.
func (s *Store) Mark(ctx context.Context, foo string) (made bool, err error) {
	d := s.dir
	if foo != "." {
		if d, err = s.LockPackage(ctx, foo); err != nil {
			return false, err
		}
		defer d.Close()
	}
	t, _, err := d.Look(marker)
	if err != nil || t != fsys.Nothing {
		return false, err
	}
	return true, s.Writer().replaceFile(d, marker, "")
}
