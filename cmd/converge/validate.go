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
		Long: "Reads, evaluates and orders a manifest and reports every problem with file, line and\n" +
			"snippet. Of the machine it reads only the facts; it plans and changes nothing. PATH is\n" +
			"a file, a folder, or - for standard input; default: the current folder." + listStatuses(exit.OK, exit.Failure, exit.Interrupted),
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Validate(cmd.Context(), env, pathArg(args), &f, quiet)
		},
	}
	addSiteFlags(cmd.Flags(), &f)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing if the manifest is valid")
	return cmd
}
