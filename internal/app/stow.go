package app

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/fsys"
	"converge/internal/stow/cli"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
	"converge/internal/stow/wanted"
	"converge/internal/view"
)

// RunStow runs stow2 under the name of this program.
func RunStow(ctx context.Context, env *environ.Env, args []string) error {
	dir, err := unix.Getwd() // not $PWD, which may contain links
	if err != nil {
		return err
	}
	code := cli.Main(ctx, cli.Env{
		Name: "converge stow", Manager: control.Manager, Args: withoutColor(args),
		Version: env.Version(), Dir: dir, Lookup: env.Lookup,
		Stdin: env.In, Stdout: env.Out, Stderr: env.Err,
	})
	if code != exit.OK {
		return exit.Silently(code)
	}
	return nil
}

// withoutColor removes the one option that all commands have: the output of stow2 has no colours.
func withoutColor(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return append(out, args[i:]...)
		case args[i] == "--color":
			i++
		case !strings.HasPrefix(args[i], "--color="):
			out = append(out, args[i])
		}
	}
	return out
}

// ControlOptions are the options of the command stow control.
type ControlOptions struct {
	Site     site.Options
	StowDir  string
	Standard bool
	Refresh  bool
	JSON     bool
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
	defer func() { _ = fs.Close() }() // it wrote nothing
	dir, err := stowDirOf(ctx, control.OnDisk(fs), pkg, f.StowDir)
	if err != nil {
		return err
	}
	warn := func(err error) { env.Warn(err.Error()) }
	w, err := inspect.WriteControl(ctx, fs, dir, control.WriteOptions{
		Package: pkg, Version: version, Default: f.Standard, Refresh: f.Refresh, By: "converge " + env.Version(),
	}, warn)
	if err == nil {
		return showFile(env, w.Path, f.JSON)
	}
	return err
}

// showFile prints the name of a written file.
func showFile(env *environ.Env, path string, asJSON bool) error {
	if asJSON {
		return view.WriteJSON(env.Out, view.File{File: path})
	}
	view.Line(env.Out, path)
	return nil
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
