package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
	"converge/internal/stow/inspect"
	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// printAudit lists the content and the users of the stow directory.
func (r *run) printAudit(ctx context.Context) error {
	report, err := views.Audit(ctx, r.st, r.cmd.Digests)
	if err != nil {
		return err
	}
	if r.cmd.JSON {
		return r.writeJSON(report)
	}
	return report.WriteText(r.Stdout)
}

// removeVersions deletes unused versions: all named ones, or none.
func (r *run) removeVersions(ctx context.Context) error {
	args, err := r.parseVersions("--remove")
	if err != nil {
		return err
	}
	for _, a := range args {
		if err := views.CheckRemovable(ctx, r.st, a.Package, a.Part); err != nil {
			return err
		}
	}
	if r.cmd.Simulate {
		r.warn(simulated)
		return nil
	}
	for _, a := range args {
		if err := views.RemoveVersion(ctx, r.st, a.Package, a.Part); err != nil {
			return err
		}
		r.log(1, "removed "+a.String())
	}
	return nil
}

// forgetViews removes views from the list of the stow directory.
func (r *run) forgetViews(context.Context) error {
	if r.cmd.Simulate {
		r.warn(simulated)
		return nil
	}
	for _, view := range r.cmd.Views {
		view = filepath.Clean(r.absPath(view)) // it does not exist, so its links cannot be resolved
		if err := views.Forget(r.st, view); err != nil {
			return err
		}
		r.log(1, "forgot the view "+view)
	}
	return nil
}

// writeControl writes control data.
func (r *run) writeControl(ctx context.Context) error {
	args, err := r.parseVersions("--control")
	if err != nil {
		return err
	}
	if r.cmd.Simulate {
		return &usageError{"-n has no say in what --control writes: it never overwrites"}
	}
	root, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // no write uses this handle itself
	for _, a := range args {
		w, err := inspect.WriteControl(ctx, root, r.at.stow, control.WriteOptions{
			Package: a.Package, Version: a.Part, Default: r.cmd.Default, Refresh: r.cmd.Refresh, By: "converge " + r.Version,
		}, r.warnOf)
		if errors.Is(err, fs.ErrExist) {
			return &store.UsageError{Text: err.Error()}
		}
		if err != nil {
			return err
		}
		if w.Changed {
			fmt.Fprintln(r.Stdout, w.Path)
		}
	}
	return nil
}

// printImpact prints the effect of a switch.
func (r *run) printImpact(ctx context.Context) error {
	args, err := r.parseVersions("--impact")
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return &usageError{"--impact takes one PACKAGE/VERSION"}
	}
	shown, err := views.Shown(ctx, r.st)
	if err != nil {
		return err
	}
	return r.withAssessor(func(a *impact.Assessor) error {
		im, err := a.Impact(ctx, impact.Switch{Package: args[0].Package, From: shown[args[0].Package], To: args[0].Part}, shown)
		switch {
		case err != nil:
			return err
		case r.cmd.JSON:
			return r.writeJSON(im)
		}
		return im.WriteText(r.Stdout)
	})
}

// withAssessor opens an assessor of the stow directory's packages.
func (o *opener) withAssessor(do func(*impact.Assessor) error) error {
	root, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only read through
	return do(&impact.Assessor{Store: control.Store{Disk: control.OnDisk(root), Dir: o.at.stow}, Notice: o.warnOf})
}

// guardSwitches refuses switches that would break packages that the target shows.
func (o *opener) guardSwitches(ctx context.Context, switches []store.Switch, shown map[string]string) error {
	return o.withAssessor(func(a *impact.Assessor) error {
		var list []impact.Switch
		for _, s := range switches {
			list = append(list, impact.Switch(s))
		}
		broken, err := a.Broken(ctx, list, shown)
		if err != nil || len(broken) == 0 {
			return err
		}
		return broken[0]
	})
}

// makeMarkers makes the markers by which GNU Stow recognizes links into the stow directory and into versions of
// packages, for stowed. Without packages, it makes all possible ones. Naive packages get none.
func (r *run) makeMarkers(ctx context.Context) error {
	foos, err := r.findMarkable(ctx)
	if err != nil {
		return err
	}
	for _, foo := range foos {
		if isThere(r.at.stow + "/" + foo + "/.stow") {
			continue
		}
		r.log(1, "MARK: "+foo)
		if r.cmd.Simulate {
			continue
		}
		if _, err := r.st.Mark(ctx, foo); err != nil {
			return err
		}
	}
	if r.cmd.Simulate {
		r.warn(simulated)
	}
	return nil
}

// findMarkable returns the packages that can have a marker; "." is the stow directory.
func (r *run) findMarkable(ctx context.Context) (foos []string, err error) {
	args, err := r.parseArgs()
	if err != nil {
		return nil, err
	}
	states, err := r.readStates(ctx, args)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		foos = append(foos, ".")
	}
	for _, st := range states {
		switch {
		case st.Protocol:
			foos = append(foos, st.Package)
		case len(args) > 0:
			return nil, &usageError{st.Package + " has no versions: a marker would be one of its files"}
		}
	}
	return foos, nil
}
