package main

import (
	"errors"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newApplyCommand(env *environ.Env) *cobra.Command {
	var f app.ApplyOptions
	cmd := &cobra.Command{
		Use:   "apply [PATH | PLANFILE]",
		Short: "Make the host what the manifest says",
		Long: "Makes the host what the manifest says, notifies whoever must hear of it, and proves that\n" +
			"nothing is left to do. It does not ask (it runs from cloud-init and timers) unless\n" +
			"--confirm is given. PATH is a file, a folder, or - for standard input; default: the\n" +
			"current folder. A file written by plan --out is applied exactly, or refused.\n\n" +
			"SIGINT and SIGTERM stop the run: a command that runs is asked to end, a change of files or\n" +
			"packages is finished first, and the rest is not started. What is owed then stays owed, and\n" +
			"the next apply goes on where this one stopped. A second signal ends converge at once,\n" +
			"wherever it is; the next run puts right what is half done. SIGHUP does not end a run." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		Example:           "  converge apply\n  converge apply --confirm site/\n  converge apply --target service.nginx",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.Confirm && f.Out.JSON {
				return errors.New("--confirm and --json do not go together: JSON is for programs")
			}
			f.Given = givenFlags(cmd)
			return app.Apply(cmd.Context(), env, pathArg(args), &f)
		},
	}
	addRunFlags(cmd, &f.RunOptions)
	cmd.Flags().BoolVar(&f.Confirm, "confirm", false, "show the plan and ask before anything is changed")
	return cmd
}
