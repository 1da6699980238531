package main

import (
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/stow/cli"
	"converge/internal/stow/control"
)

const stowHelp = "Works with the stow directories of locally built software. Arguments are those of stow2(8),\n" +
	"which this is, acting as the package manager converge: what it stows, converge holds.\n" +
	"Where stow2 has an option that says what to do, the same can be said by a first word:\n" +
	"converge stow status is stow2 --status. A package that is called like one of these words\n" +
	"stands behind --.\n\nEXIT STATUS\n\n" +
	"    0    done\n" +
	"    1    conflicts, a wrong command line, or what was asked for is not so; nothing was changed\n" +
	"    2    failed\n" +
	"    3    another package manager holds the package\n" +
	"    4    interrupted before, and not to be repaired now\n" +
	"    5    something that is wanted cannot be had"

func newStowCommand(env *environ.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:                "stow [OPTION...] PACKAGE...",
		Short:              "Work with stow directories as a package manager",
		Long:               stowHelp,
		DisableFlagParsing: true,
		RunE:               func(cmd *cobra.Command, args []string) error { return app.RunStow(cmd.Context(), env, args) },
	}
	cmd.AddCommand(newStowControlCommand(env))
	for _, o := range cli.Options() {
		if verb := o.Verb(); verb != "" && verb != "control" {
			cmd.AddCommand(newStowVerbCommand(env, o))
		}
	}
	return cmd
}

// newStowVerbCommand is one of the verbs of stow2 as a word.
func newStowVerbCommand(env *environ.Env, o cli.Option) *cobra.Command {
	return &cobra.Command{
		Use:                o.Verb() + " [OPTION...] [ARGUMENT...]",
		Short:              "Do as stow2 --" + o.Verb() + " does",
		Long:               o.Doc + ".\n\nOptions and arguments are those of stow2(8).",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.RunStow(cmd.Context(), env, slices.Concat([]string{"--" + o.Verb()}, args))
		},
	}
}

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
