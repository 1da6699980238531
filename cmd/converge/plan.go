package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newPlanCommand(env *environ.Env) *cobra.Command {
	var f app.RunOptions
	var out string
	cmd := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what apply would change",
		Long: "Observes everything that the manifest declares and shows what apply would change, with\n" +
			"the differences of files, the whole answer of the package manager, and who would be\n" +
			"notified. It changes nothing and takes no lock. PATH is a file, a folder, or - for\n" +
			"standard input; default: the current folder.\n\n" +
			"--out saves the plan; apply then makes exactly that or refuses, also where something else\n" +
			"would be destroyed than the plan shows, and converge show prints it. A saved plan holds what\n" +
			"was shown, digests of the rest and no sensitive value; only its owner may read it." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Interrupted),
		Example:           "  converge plan\n  converge plan --root ./image site/\n  converge plan --out today.plan && converge apply today.plan",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Plan(cmd.Context(), env, pathArg(args), &f, out)
		},
	}
	addRunFlags(cmd, &f)
	cmd.Flags().Lookup("lock-timeout").Usage = "has no effect: a plan waits for nobody; it is there so that plan can be called as apply is"
	cmd.Flags().StringVar(&out, "out", "", "save the plan to `FILE`, for apply")
	return cmd
}
