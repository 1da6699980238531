package stow

import (
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/ignore"
	"converge/internal/stow/store"
	"converge/internal/stow/tree"
)

// yard is one open place, and everything read from it until something changes.
type yard struct {
	p     *Provider
	at    place
	store *store.Store // nil: the stow directory or the target is not there
	none  error        // why

	disk    *tree.Disk // what all plans have read so far
	begun   func()     // told when a plan is made for good
	states  map[string]store.State
	found   map[wish]*finding
	control map[string]*control.Found // by NAME/VERSION
}

// yard opens the place of a package.
func (p *Provider) yard(ctx context.Context, w wish) (*yard, error) {
	at, err := p.where(ctx, w)
	if err != nil {
		return nil, err
	}
	if y, ok := p.yards[at]; ok {
		return y, nil
	}
	y := &yard{
		p: p, at: at, states: map[string]store.State{}, found: map[wish]*finding{}, control: map[string]*control.Found{},
	}
	y.store, err = store.Open(store.Settings{
		Stow: at.stow, Target: at.target, Actor: p.actor, Name: control.Manager, Plan: y.plan, Execute: y, OpenDir: p.fs.OpenDir, Warn: p.notice,
	})
	if errors.Is(err, fs.ErrNotExist) {
		y.none, err = err, nil
	}
	if err != nil {
		return nil, err
	}
	p.yards[at] = y
	return y, nil
}

func (y *yard) close() {
	if y.disk != nil {
		y.disk.Close()
	}
	if y.store != nil {
		_ = y.store.Close() // it was only read through
	}
}

// reread forgets what was read of the target.
func (y *yard) reread() {
	if y.disk != nil {
		y.disk.Close()
		y.disk = nil
	}
}

// plan is a [store.PlanFunc]: strict folding, so that a link to a directory
// never shows what the package does not intend to. Directories of the target
// stay: the creator of /usr/local/bin, and its mode, are not known.
func (y *yard) plan(ctx context.Context, f store.Frame, q farm.Request) (farm.Plan, error) {
	if y.begun != nil {
		y.begun()
		y.reread()
	}
	if y.disk == nil {
		y.disk = tree.New(f.Target)
	}
	sight := f.Tree(y.disk)
	p := farm.Planner{
		Tree: sight, Rules: f.Rules(farm.NewGNU(f.Stow, sight)), Stow: f.Stow,
		// No personal list of converge's user: a host must be the same for all.
		Ignore:  f.Ignore(ignore.New(ignore.Host(ctx, y.p.fs.HostPath(f.Target.Path())), "", nil)),
		Options: farm.Options{StrictFold: true, KeepDirs: true, Sound: f.Sound},
	}
	return p.Plan(ctx, q)
}

// Run implements [store.Executor]. What has begun is carried through: it is a
// matter of milliseconds, and no state between versions is worth keeping.
func (y *yard) Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error {
	defer y.reread()
	_, err := execute.Run(context.WithoutCancel(ctx), target, ops, execute.Options{Sync: true})
	return err
}

// Recover implements [store.Executor].
func (y *yard) Recover(ctx context.Context, target *fsys.Dir) error {
	_, err := execute.Recover(ctx, target)
	return err
}

// state is what the names of the protocol say of a package.
func (y *yard) state(ctx context.Context, name string) (store.State, error) {
	if y.store == nil {
		return store.State{Package: name}, nil
	}
	if st, ok := y.states[name]; ok {
		return st, nil
	}
	st, err := y.store.Observe(ctx, name)
	if err == nil {
		y.states[name] = st
	}
	return st, err
}

// data is the control data of a version; nil if there is none.
func (y *yard) data(ctx context.Context, name, disk string) (*control.Found, error) {
	key := name + "/" + disk
	if f, ok := y.control[key]; ok {
		return f, nil
	}
	f, err := y.p.control(ctx, control.Store{Disk: control.OnDisk(y.p.fs), Dir: y.at.stow}, name, disk)
	if err == nil {
		y.control[key] = f
	}
	return f, err
}
