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
		Long: "Shows the changes of a run, attribute by attribute as in a plan, its failures with their\n" +
			"causes, and the notifications that it raised: delivered, no longer needed, or still owed. RUN\n" +
			"is an id from converge history, the beginning of an id, or last. The text of a content is\n" +
			"shown if the history keeps it or the file still has it; sensitive content is never shown.\n\n" +
			"For a file that plan --out has written, it shows the plan as it was printed." + listStatuses(exit.OK, exit.Failure),
		Example: "  converge show last\n  converge show 20261121T0213 --json\n  converge show today.plan",
		Args:    justOne("RUN or plan file; converge history lists the runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Show(cmd.Context(), env, args[0], &f, verbose)
		},
	}
	cmd.ValidArgsFunction = completeRuns(env, &f.State, &f.Root)
	addPastFlags(cmd, &f)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show whole diffs, and steps without effect")
	return cmd
}
