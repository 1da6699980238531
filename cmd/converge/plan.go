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
			"the differences of files, the whole answer of the package manager, and the notifications.\n" +
			"It changes nothing and takes no lock. PATH is a file, a folder, or - for standard input;\n" +
			"default: the current folder.\n\n" +
			"--out saves the plan, and converge show prints it. apply then makes exactly these changes or\n" +
			"refuses, also if it would destroy something that the plan does not show. A saved plan\n" +
			"contains what was shown, digests of the rest and no sensitive value; only its owner can\n" +
			"read it." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Interrupted),
		Example:           "  converge plan\n  converge plan --root ./image site/\n  converge plan --out today.plan && converge apply today.plan",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Plan(cmd.Context(), env, pathArg(args), &f, out)
		},
	}
	addRunFlags(cmd, &f)
	cmd.Flags().Lookup("lock-timeout").Usage = "has no effect, because a plan takes no lock; plan accepts it so that it can be called like apply"
	cmd.Flags().StringVar(&out, "out", "", "save the plan to `FILE`, for apply")
	return cmd
}
