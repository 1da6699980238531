package cli

import (
	"context"
	"path/filepath"

	"converge/internal/stow/audit"
	"converge/internal/stow/store"
	"converge/internal/stow/views"
)

// openStore opens the store of a command that is about it, rather than about
// links.
func (o *opener) openStore(cmd Command) (*store.Store, error) {
	at, err := o.findPlaces(cmd)
	if err != nil {
		return nil, err
	}
	return o.openStoreAt(cmd, at)
}

// printAudit lists the content and the users of the stow directory.
func (r *run) printAudit(ctx context.Context, cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--audit takes no packages"}
	}
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	report, err := audit.Make(ctx, views.Audited{Store: st}, cmd.Digests)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return r.writeJSON(report)
	}
	return report.WriteText(r.Stdout)
}

// removeVersions deletes unused versions: all that are named, or none.
func (r *run) removeVersions(ctx context.Context, cmd Command) error {
	args, err := parseVersions(cmd, "--remove")
	if err != nil {
		return err
	}
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	for _, a := range args {
		if err := views.CheckRemovable(ctx, st, a.Package, a.Part); err != nil {
			return err
		}
	}
	if cmd.Simulate {
		r.warn(simulated)
		return nil
	}
	for _, a := range args {
		if err := views.RemoveVersion(ctx, st, a.Package, a.Part); err != nil {
			return err
		}
		r.sinkFor(cmd)(1, "removed "+a.String())
	}
	return nil
}

// forgetViews takes views off the list of the stow directory.
func (r *run) forgetViews(cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--forget-view takes no packages"}
	}
	st, err := r.openStore(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	if cmd.Simulate {
		r.warn(simulated)
		return nil
	}
	for _, view := range cmd.Views {
		view = filepath.Clean(r.absPath(view)) // it is not there, so its links cannot be resolved
		if err := views.Forget(st, view); err != nil {
			return err
		}
		r.sinkFor(cmd)(1, "forgot the view "+view)
	}
	return nil
}

// parseVersions are the packages of a command that wants versions of them.
func parseVersions(cmd Command, option string) ([]store.Arg, error) {
	if len(cmd.Unstow) > 0 || len(cmd.Stow) == 0 {
		return nil, &usageError{option + " takes PACKAGE/VERSION"}
	}
	var out []store.Arg
	for _, word := range cmd.Stow {
		a, err := store.ParseArg(word)
		if err != nil {
			return nil, err
		}
		if a.Part == "" || a.Part == store.Config {
			return nil, &usageError{option + " takes PACKAGE/VERSION, not " + word}
		}
		out = append(out, a)
	}
	return out, nil
}
