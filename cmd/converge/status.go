package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
)

func newStatusCommand(env *environ.Env) *cobra.Command {
	var f past.Options
	var wait bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the last run ended and what is owed",
		Long: "Shows when the last run ended and how, also if it changed nothing, what failed in it and\n" +
			"what is still owed. It reads status.json and the journal in the state folder, and looks at\n" +
			"nothing else. A run that found its manifest invalid is no run.\n\n" +
			"--wait waits for a run that is in progress, and then for the services that the last run\n" +
			"only queued, because they wait for a unit that waited for it (during a boot). It asks\n" +
			"systemd how they are, counts those that are not up as failed, and notes what is settled in\n" +
			"the state folder.\n\n" +
			"The exit status is for monitoring. A site that is given up counts until its manifest was\n" +
			"applied empty, with --prune, or its last run was taken back. --json prints one object." +
			describeStatuses(map[int]string{
				exit.OK:         "the last run of every site on this host converged, and nothing is owed",
				exit.Failure:    "no run is known, bad usage, or the state folder cannot be read",
				exit.Incomplete: "one of these failed, was interrupted or killed, or left something owed",
				exit.Locked:     "a run is in progress",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Locked),
		Example: "  converge status\n  converge status --wait\n  converge status --json | jq -r .ended",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return app.ShowStatus(cmd.Context(), env, &f, wait) },
	}
	addPastFlags(cmd, &f)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for a run in progress, and for the services that the last run queued")
	return cmd
}
