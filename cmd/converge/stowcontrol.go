package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/inspect"
	"converge/internal/stow/wanted"
	"converge/internal/view"
)

// controlOptions are those of the command stow control.
type controlOptions struct {
	site     siteOptions
	stowDir  string
	standard bool
	refresh  bool
}

func newStowControlCommand(env *environ.Env) *cobra.Command {
	var f controlOptions
	cmd := &cobra.Command{
		Use:   "control FOO/VERSION",
		Short: "Write control data for a version in a stow directory",
		Long: "Writes STOW/FOO/:control/converge/VERSION: what the version is called, needs, links to and\n" +
			"provides, as far as a program can tell, for its developer to adapt. What is there already\n" +
			"is never overwritten; --refresh rewrites the fields that a program has written, and leaves\n" +
			"everything else as it is." + listStatuses(exit.OK, exit.Failure),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return writeControl(cmd.Context(), env, args[0], &f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.stowDir, "stow-dir", "", "the stow directory is `DIR` (default: the first of "+control.MappingFile+" that has FOO)")
	fs.StringVar(&f.site.root, "root", "/", "work on the tree below `DIR` instead of the running system")
	fs.BoolVar(&f.standard, "default", false, "write STOW/FOO/:control-default/converge, which is about every version")
	fs.BoolVar(&f.refresh, "refresh", false, "rewrite the generated fields of what is there")
	return cmd
}

func writeControl(ctx context.Context, env *environ.Env, arg string, f *controlOptions) error {
	pkg, version, ok := strings.Cut(arg, "/")
	if !ok {
		return fmt.Errorf("want FOO/VERSION, not %q", arg)
	}
	if err := f.site.clean(); err != nil {
		return err
	}
	fs, err := fsys.Open(f.site.root)
	if err != nil {
		return err
	}
	defer func() { _ = fs.Close() }() // nothing was written through it
	dir, err := stowDirOf(ctx, control.OnDisk(fs), pkg, f.stowDir)
	if err != nil {
		return err
	}
	warn := func(err error) { env.Warn(err.Error()) }
	w, err := inspect.WriteControl(ctx, fs, dir, control.WriteOptions{
		Package: pkg, Version: version, Default: f.standard, Refresh: f.refresh, By: "converge " + env.Version(),
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
