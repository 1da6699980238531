package cli

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// openAssessor returns an assessor of a stow directory's packages. The caller closes
// its file system.
func (o *opener) openAssessor(at places) (*impact.Assessor, *fsys.FS, error) {
	root, err := fsys.Open("/")
	if err != nil {
		return nil, nil, err
	}
	return &impact.Assessor{
		Store:  control.Store{Disk: control.OnDisk(root), Dir: at.stow},
		Notice: o.warnOf,
	}, root, nil
}

// newGuard refuses switches that would break shown packages.
func (o *opener) newGuard(cmd Command, at places) store.Guard {
	if cmd.AcceptBroken {
		return nil
	}
	return func(ctx context.Context, switches []store.Switch, shown map[string]string) error {
		a, root, err := o.openAssessor(at)
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

// printImpact tells what a switch would mean.
func (r *run) printImpact(ctx context.Context, cmd Command) error {
	args, err := parseVersions(cmd, "--impact")
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return &usageError{"--impact takes one PACKAGE/VERSION"}
	}
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	st, err := r.openStoreAt(cmd, at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	shown, err := views.Shown(ctx, st)
	if err != nil {
		return err
	}
	a, root, err := r.openAssessor(at)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it was only read through
	im, err := a.Impact(ctx, impact.Switch{Package: args[0].Package, From: shown[args[0].Package], To: args[0].Part}, shown)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return r.writeJSON(im)
	}
	return im.WriteText(r.Stdout)
}
