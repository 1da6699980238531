package store

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// Settings is what a store is opened with.
type Settings struct {
	Stow   string // the stow directory
	Target string // "" is the store's own: what STOW/:target leads to, or the directory that STOW is in

	// Actor is the package manager that acts: a file. "" is this program.
	Actor string
	// Name is the name of that package manager, independent of its file's name;
	// "" is the last name of Actor.
	Name string
	// Moved is where the stow directory was when links were made that are to
	// be taken for ours: --relocate-from.
	Moved string
	// Views are targets of this store that are not registered with it.
	Views []string
	// NoSync leaves it to the kernel when changes become durable.
	NoSync bool

	// Options are the planning options of the command. They are recorded with
	// each goal, so that recovery finishes with the same ones.
	Options string
	Plan    PlanFunc
	Execute Executor
	// Guard may refuse switches. It may be nil.
	Guard Guard

	// OpenDir opens a directory of the host; fsys.OpenDirAt by default.
	OpenDir func(path string) (*fsys.Dir, error)
	Now     func() time.Time // time.Now by default
	// Warn receives what was left undone without being an error. It may be nil.
	Warn func(text string)
}

// Frame is what a plan is made in.
type Frame struct {
	Target *fsys.Dir
	Stow   string // the stow directory, from the target
	// Sound is for farm.Options.Sound: the request is not GNU Stow's alone.
	Sound bool
	// Again is set when a part of the previous plan is planned again: the
	// planner's messages have been shown.
	Again bool
	// Options are those of the command whose plan this is: Settings.Options, or
	// in recovery those of the command that was interrupted.
	Options string
	// Rules puts those of the protocol around those of GNU Stow.
	Rules func(farm.Rules) farm.Rules
	// Ignore adds what the protocol ignores to what the caller's lists do.
	Ignore func(farm.Ignorer) farm.Ignorer
	// Tree puts what recovery must not see out of the planner's sight.
	Tree func(farm.Tree) farm.Tree
}

// PlanFunc plans a request: it makes a farm.Planner, with the options of its
// caller, and asks it.
type PlanFunc func(ctx context.Context, f Frame, q farm.Request) (farm.Plan, error)

// Executor carries operations out. What Run has done is durable when it
// returns, unless that is not wanted.
type Executor interface {
	Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error
	// Recover clears away what a killed Run left in the target.
	Recover(ctx context.Context, target *fsys.Dir) error
}

// Store is a stow directory and one of its targets. It is for one goroutine;
// any number of processes may have the same one open.
type Store struct {
	cfg   Settings
	dir   *fsys.Dir
	at    place
	home  string // the store's own target; "" it cannot be told
	actor manager
	hook  func(step string) error
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
	actor, err := managerOf(cfg.Actor, cfg.Name)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, actor: actor}
	if s.dir, err = cfg.OpenDir(cfg.Stow); err != nil {
		return nil, err
	}
	if s.at, err = s.openPlace(cfg.Target); err != nil {
		s.dir.Close()
		return nil, err
	}
	return s, nil
}

// Close gives the directories back.
func (s *Store) Close() error {
	return errors.Join(s.at.dir.Close(), s.dir.Close())
}

// Dir is the stow directory.
func (s *Store) Dir() *fsys.Dir { return s.dir }

// Target is the target.
func (s *Store) Target() *fsys.Dir { return s.at.dir }

// StowPath is the stow directory as links in the target spell it.
func (s *Store) StowPath() string { return s.at.stow }

// IsView tells whether the target is another than the store's own.
func (s *Store) IsView() bool { return !s.at.home }

func (s *Store) openPlace(target string) (place, error) {
	home, err := s.openHome()
	if err == nil {
		s.home = home.Path()
	}
	if target == "" {
		if err != nil {
			return place{}, err
		}
		return s.placeAt(home, true), nil
	}
	if err == nil {
		defer func() { home.Close() }()
	}
	t, err := s.cfg.OpenDir(target)
	if err != nil {
		return place{}, err
	}
	return s.placeAt(t, home != nil && home.Path() == t.Path()), nil
}

func (s *Store) placeAt(t *fsys.Dir, home bool) place {
	return place{dir: t, stow: rel(t.Path(), s.dir.Path()), home: home}
}

// openHome opens the store's own target.
func (s *Store) openHome() (*fsys.Dir, error) {
	t, text, err := s.dir.Look(nameTarget)
	switch {
	case err != nil:
		return nil, err
	case t == fsys.Nothing:
		return s.cfg.OpenDir(path.Dir(s.dir.Path()))
	case t != fsys.Symlink:
		return nil, fmt.Errorf("cannot tell the target of %s: %s is not a link", s.dir.Path(), nameTarget)
	}
	d, err := s.cfg.OpenDir(lead(s.dir.Path(), text))
	if errors.Is(err, unix.ENOTDIR) || gone(err) {
		return nil, fmt.Errorf("cannot tell the target of %s: %s leads to no directory: %w", s.dir.Path(), nameTarget, err)
	}
	return d, err
}

// notDir takes it for nothing that a name is no directory.
func notDir(err error) error {
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	return err
}
