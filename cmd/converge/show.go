package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
)

func newShowCommand(env *environ.Env) *cobra.Command {
	var f past.Options
	var verbose bool
	cmd := &cobra.Command{
		Use:   "show RUN | PLANFILE",
		Short: "Show what a run changed, or a saved plan",
		Long: "Shows what a run changed, attribute by attribute as a plan does, what failed in it and why,\n" +
			"and which notifications it raised: delivered, overtaken by events, or still owed. RUN is an\n" +
			"id as converge history lists them, the beginning of one, or last. The text of a content is\n" +
			"shown where it is kept or still lies where the run put it; nothing sensitive is ever shown.\n\n" +
			"Of a file that plan --out has written, it shows the plan as it was printed." + listStatuses(exit.OK, exit.Failure),
		Example: "  converge show last\n  converge show 20261121T0213 --json\n  converge show today.plan",
		Args:    justOne("RUN or plan file; converge history lists the runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Show(cmd.Context(), env, args[0], &f, verbose)
		},
	}
	cmd.ValidArgsFunction = completeRuns(env, &f.State, &f.Root)
	addPastFlags(cmd, &f)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show whole diffs, and steps that came to nothing")
	return cmd
}
