package cli

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// assessor returns an assessor of a stow directory's packages. The caller closes
// its file system.
func (r *run) assessor(at places) (*impact.Assessor, *fsys.FS, error) {
	root, err := fsys.Open("/")
	if err != nil {
		return nil, nil, err
	}
	return &impact.Assessor{
		Store:  control.Store{Disk: control.OnDisk(root), Dir: at.stow},
		Notice: r.warnOf,
	}, root, nil
}

// guard refuses switches that would break shown packages.
func (r *run) guard(cmd Command, at places) store.Guard {
	if cmd.AcceptBroken {
		return nil
	}
	return func(ctx context.Context, switches []store.Switch, shown map[string]string) error {
		a, root, err := r.assessor(at)
		if err != nil {
			return err
		}
		defer func() { _ = root.Close() }() // it was only read through
		var list []impact.Switch
		for _, s := range switches {
			list = append(list, impact.Switch(s))
		}
		broken, err := a.Broken(ctx, list, shown)
		if err != nil || len(broken) == 0 {
			return err
		}
		return broken[0]
	}
}

// impact tells what a switch would mean.
func (r *run) impact(ctx context.Context, cmd Command) error {
	args, err := versions(cmd, "--impact")
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return &usageError{"--impact takes one PACKAGE/VERSION"}
	}
	at, err := r.places(cmd)
	if err != nil {
		return err
	}
	st, err := r.store(cmd, at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	shown, err := views.Shown(ctx, st)
	if err != nil {
		return err
	}
	a, root, err := r.assessor(at)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it was only read through
	im, err := a.Impact(ctx, impact.Switch{Package: args[0].Package, From: shown[args[0].Package], To: args[0].Part}, shown)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return r.json(im)
	}
	return im.WriteText(r.Stdout)
}
