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
		Short: "Make the host match the manifest",
		Long: "Makes the host match the manifest, delivers the notifications that follow from the changes,\n" +
			"and proves that no change is left to make. It asks no question (it runs from cloud-init and\n" +
			"timers) unless --confirm is given. PATH is a file, a folder, or - for standard input;\n" +
			"default: the current folder. A plan from plan --out is applied exactly, or refused.\n\n" +
			"SIGINT and SIGTERM stop the run: converge asks a running command to end, finishes a change\n" +
			"of files or packages that has begun, and starts nothing else. Owed notifications stay owed,\n" +
			"and the next apply continues where this one stopped. A second signal ends converge at once,\n" +
			"in any state; the next run repairs what is half done. SIGHUP does not end a run." +
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
	cmd.Flags().BoolVar(&f.Confirm, "confirm", false, "show the plan, and ask before the first change")
	return cmd
}
