package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
	"converge/internal/stow/store"
)

// writeControl writes control data.
func (r *run) writeControl(ctx context.Context, cmd Command) error {
	args, err := parseVersions(cmd, "--control")
	if err != nil {
		return err
	}
	if cmd.Simulate {
		return &usageError{"-n has no say in what --control writes: it never overwrites"}
	}
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	root, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is written through it itself
	for _, a := range args {
		w, err := inspect.WriteControl(ctx, root, at.stow, control.WriteOptions{
			Package: a.Package, Version: a.Part, Default: cmd.Default, Refresh: cmd.Refresh, By: "converge " + r.Version,
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
