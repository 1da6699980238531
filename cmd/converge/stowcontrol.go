package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/control"
)

func newStowControlCommand(env *environ.Env) *cobra.Command {
	var f app.ControlOptions
	cmd := &cobra.Command{
		Use:   "control FOO/VERSION",
		Short: "Write control data for a version in a stow directory",
		Long: "Writes STOW/FOO/:control/converge/VERSION: what the version is called, needs, links to and\n" +
			"provides, as far as a program can tell, for its developer to adapt. What is there already\n" +
			"is never overwritten; --refresh rewrites the fields that a program has written, and leaves\n" +
			"everything else as it is." + listStatuses(exit.OK, exit.Failure),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.WriteControl(cmd.Context(), env, args[0], &f)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.StowDir, "stow-dir", "", "the stow directory is `DIR` (default: the first of "+control.MappingFile+" that has FOO)")
	fs.StringVar(&f.Site.Root, "root", "/", "work on the tree below `DIR` instead of the running system")
	fs.BoolVar(&f.Standard, "default", false, "write STOW/FOO/:control-default/converge, which is about every version")
	fs.BoolVar(&f.Refresh, "refresh", false, "rewrite the generated fields of what is there")
	return cmd
}
