package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
)

func newValidateCommand(env *environ.Env) *cobra.Command {
	var f site.Options
	var quiet bool
	cmd := &cobra.Command{
		Use:   "validate [PATH]",
		Short: "Check a manifest",
		Long: "Reads, evaluates and orders a manifest and says what is wrong with it: every problem\n" +
			"with file, line and snippet. Of the machine it reads the facts alone; it plans and\n" +
			"changes nothing. PATH is a file, a folder, or - for standard input; default: the\n" +
			"current folder." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Validate(cmd.Context(), env, pathArg(args), &f, quiet)
		},
	}
	addSiteFlags(cmd.Flags(), &f)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "say nothing if all is well")
	return cmd
}
