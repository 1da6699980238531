package store

import (
	"context"
	"io"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/tree"
)

// Settings configure a store.
type Settings struct {
	Stow   string // the stow directory
	Target string // "": the store's own target, to which STOW/:target leads; without that link the parent of STOW

	// Actor is the file of the acting package manager. "" is this program.
	Actor string
	// Name is the name of that package manager. It does not depend on the file's
	// name; "" is the last name of Actor.
	Name string
	// Moved is the former path of the stow directory: links to it count as links into this store (--relocate-from).
	Moved string
	// Views are targets of this store that are not registered.
	Views []string
	// NoSync leaves it to the kernel to make changes durable.
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
	// Warn receives warnings about work that was left undone without an error. It may be nil.
	Warn func(text string)
	// Output receives the output of programs. It may be nil.
	Output io.Writer
	// BeforeStep is called before every change to the state. Its error ends the command there, as a kill would. It is
	// for tests and may be nil.
	BeforeStep func(step string) error
}

// Frame describes the target of a plan.
type Frame struct {
	Target *fsys.Dir
	Stow   string // the stow directory, from the target
	// Sound is for farm.Options.Sound: the request does not follow GNU Stow's rules alone.
	Sound bool
	// Again is set when a part of the previous plan is planned again: the planner's messages have been shown.
	Again bool
	// Options are those of the planned command: Settings.Options, or in recovery those of the interrupted command.
	Options string
	// Rules wraps the protocol's rules around those of GNU Stow.
	Rules func(farm.Rules) farm.Rules
	// Ignore adds the entries that the protocol ignores to the caller's lists.
	Ignore func(farm.Ignorer) farm.Ignorer
	// Tree hides from the planner the links that recovery must ignore.
	Tree func(farm.Tree) farm.Tree
}

// PlanFunc plans a request: it makes a farm.Planner with the caller's options
// and runs it.
type PlanFunc func(ctx context.Context, f Frame, q farm.Request) (farm.Plan, error)

// Executor carries operations out. The changes of Run are durable when it returns, unless the executor is configured
// otherwise.
type Executor interface {
	Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error
	// Recover removes the remains of a killed Run from the target.
	Recover(ctx context.Context, target *fsys.Dir) error
}

// Switch is a package that will be shown in another version, or, if To is empty, no longer. Both are disk names.
type Switch struct{ Package, From, To string }

// Guard checks packages before they are switched from one version to another or unstowed, and at no other time: not for
// a first version, not for a version that is shown already, and not for a change in progress. shown is the version of
// each package that the target will show. If Guard returns an error, the command fails with it and changes nothing.
type Guard func(ctx context.Context, switches []Switch, shown map[string]string) error

// Links is the [Executor] for the disk.
type Links struct {
	Options execute.Options
	// Cleared is called after the remains of a killed run were removed from a target. It may be nil.
	Cleared func(target string)
}

// Run implements [Executor].
func (l Links) Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error {
	return execute.Run(ctx, target, ops, l.Options)
}

// Recover implements [Executor].
func (l Links) Recover(ctx context.Context, target *fsys.Dir) error {
	found, err := execute.Recover(ctx, target)
	if found && err == nil && l.Cleared != nil {
		l.Cleared(target.Path())
	}
	return err
}

// Planning returns a [PlanFunc] that reads the disk anew for each plan. equip is that of [Frame.PlanIn].
func Planning(equip func(ctx context.Context, p *farm.Planner, f Frame)) PlanFunc {
	return func(ctx context.Context, f Frame, q farm.Request) (farm.Plan, error) {
		disk := tree.New(f.Target)
		defer disk.Close()
		return f.PlanIn(ctx, disk, q, func(p *farm.Planner) { equip(ctx, p, f) })
	}
}

// PlanIn plans a request in the tree of the target. equip completes a planner whose
// Tree, Rules and Stow are set: with Ignore, at least.
func (f Frame) PlanIn(ctx context.Context, target farm.Tree, q farm.Request, equip func(p *farm.Planner)) (farm.Plan, error) {
	sight := f.Tree(target)
	p := &farm.Planner{Tree: sight, Rules: f.Rules(farm.NewGNU(f.Stow, sight)), Stow: f.Stow}
	equip(p)
	p.Ignore = f.Ignore(p.Ignore)
	p.Options.Sound = p.Options.Sound || f.Sound
	return p.Plan(ctx, q)
}
