package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
	"converge/internal/stow/store"
)

// control writes control data.
func (r *run) control(ctx context.Context, cmd Command) error {
	args, err := versions(cmd, "--control")
	if err != nil {
		return err
	}
	if cmd.Simulate {
		return &usageError{"-n has no say in what --control writes: it never overwrites"}
	}
	at, err := r.places(cmd)
	if err != nil {
		return err
	}
	root, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is written through it itself
	disk := control.OnDisk(root)
	for _, a := range args {
		w, err := control.Write(ctx, disk, at.stow, control.WriteOptions{
			Package: a.Package, Version: a.Part, Default: cmd.Default, Refresh: cmd.Refresh,
			Inspector: &inspect.Inspector{
				Store: control.Store{Disk: disk, Dir: at.stow}, Host: root.HostPath,
				Notice: func(err error) { r.warn(r.name() + ": WARNING: " + err.Error()) },
			},
			Now: time.Now(), By: "converge " + r.Version,
		})
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
