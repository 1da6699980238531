package app

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/site"
	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
	"converge/internal/stow/wanted"
	"converge/internal/view"
)

// ControlOptions are those of the command stow control.
type ControlOptions struct {
	Site     site.Options
	StowDir  string
	Standard bool
	Refresh  bool
}

func WriteControl(ctx context.Context, env *environ.Env, arg string, f *ControlOptions) error {
	pkg, version, ok := strings.Cut(arg, "/")
	if !ok {
		return fmt.Errorf("want FOO/VERSION, not %q", arg)
	}
	if err := f.Site.Clean(); err != nil {
		return err
	}
	fs, err := fsys.Open(f.Site.Root)
	if err != nil {
		return err
	}
	defer func() { _ = fs.Close() }() // nothing was written through it
	dir, err := stowDirOf(ctx, control.OnDisk(fs), pkg, f.StowDir)
	if err != nil {
		return err
	}
	warn := func(err error) { env.Warn(err.Error()) }
	w, err := inspect.WriteControl(ctx, fs, dir, control.WriteOptions{
		Package: pkg, Version: version, Default: f.Standard, Refresh: f.Refresh, By: "converge " + env.Version(),
	}, warn)
	if err == nil {
		view.Line(env.Out, w.Path)
	}
	return err
}

// stowDirOf finds the stow directory that has a package.
func stowDirOf(ctx context.Context, disk control.Disk, pkg, named string) (string, error) {
	if err := control.CheckNames(pkg, "x"); err != nil {
		return "", err
	}
	var list []string
	if named != "" {
		list = []string{named}
	}
	dirs, err := wanted.FindStores(ctx, disk, list)
	if err != nil {
		return "", err
	}
	return wanted.FindPackage(ctx, disk, dirs, pkg)
}
