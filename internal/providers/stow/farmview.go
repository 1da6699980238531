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

// farmView is one open location, and everything read from it until something changes.
type farmView struct {
	p     *Provider
	at    location
	store *store.Store // nil: the stow directory or the target does not exist
	none  error        // why store is nil

	disk    *tree.Disk // everything that plans have read so far
	begun   func()     // called before a plan is made that will be carried out
	states  map[string]store.State
	found   map[request]*status
	control map[string]*control.Found // by NAME/VERSION
}

// openView opens the location of a package.
func (p *Provider) openView(ctx context.Context, req request) (*farmView, error) {
	at, err := p.locate(ctx, req)
	if err != nil {
		return nil, err
	}
	if view, ok := p.views[at]; ok {
		return view, nil
	}
	view := &farmView{
		p: p, at: at, states: map[string]store.State{}, found: map[request]*status{}, control: map[string]*control.Found{},
	}
	view.store, err = store.Open(store.Settings{
		Stow: at.stow, Target: at.target, Actor: p.actor, Name: control.Manager, Plan: view.planFarm, Execute: view, OpenDir: p.fs.OpenDir, Warn: p.notice,
	})
	if errors.Is(err, fs.ErrNotExist) {
		view.none, err = err, nil
	}
	if err != nil {
		return nil, err
	}
	p.views[at] = view
	return view, nil
}

func (view *farmView) close() {
	view.dropDisk()
	if view.store != nil {
		_ = view.store.Close() // nothing was written through it
	}
}

// dropDisk discards what was read of the target.
func (view *farmView) dropDisk() {
	if view.disk != nil {
		view.disk.Close()
		view.disk = nil
	}
}

// planFarm is a [store.PlanFunc]: strict folding, so that a link to a directory never shows more than the package
// intends. Directories of the target stay: the creator of /usr/local/bin, and its mode, are unknown.
func (view *farmView) planFarm(ctx context.Context, f store.Frame, q farm.Request) (farm.Plan, error) {
	if view.begun != nil {
		view.begun()
		view.dropDisk()
	}
	if view.disk == nil {
		view.disk = tree.New(f.Target)
	}
	return f.PlanIn(ctx, view.disk, q, func(p *farm.Planner) {
		// The personal list of the user who runs converge is not used: a host must be the same for all users.
		p.Ignore = ignore.New(ignore.Host(ctx, view.p.fs.HostPath(f.Target.Path())), "", nil)
		p.Options = farm.Options{StrictFold: true, KeepDirs: true}
	})
}

// Run implements [store.Executor]. It completes what it has begun: that takes milliseconds, and no state between
// versions is worth keeping.
func (view *farmView) Run(ctx context.Context, target *fsys.Dir, ops []farm.Op) error {
	defer view.dropDisk()
	return execute.Run(context.WithoutCancel(ctx), target, ops, execute.Options{Sync: true})
}

// Recover implements [store.Executor].
func (view *farmView) Recover(ctx context.Context, target *fsys.Dir) error {
	_, err := execute.Recover(ctx, target)
	return err
}

// readState returns the state of a package, as the names of the protocol show it.
func (view *farmView) readState(ctx context.Context, name string) (store.State, error) {
	if view.store == nil {
		return store.State{Package: name}, nil
	}
	return remember(view.states, name, func() (store.State, error) { return view.store.Observe(ctx, name) })
}

// readData returns the control data of a version, or nil.
func (view *farmView) readData(ctx context.Context, name, disk string) (*control.Found, error) {
	return remember(view.control, name+"/"+disk, func() (*control.Found, error) {
		return view.p.readControl(ctx, control.Store{Disk: control.OnDisk(view.p.fs), Dir: view.at.stow}, name, disk)
	})
}

// remember returns the value of a key; it reads a value until that succeeds once.
func remember[K comparable, V any](known map[K]V, key K, read func() (V, error)) (V, error) {
	if v, ok := known[key]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		known[key] = v
	}
	return v, err
}
