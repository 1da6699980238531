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
		Long: "Shows when and how the last run ended, also if it changed nothing, what failed in it and\n" +
			"what is still owed. It reads only status.json and the journal in the state folder. A run\n" +
			"with an invalid manifest does not count.\n\n" +
			"--wait waits for a run in progress, and then for the services whose start the last run only\n" +
			"queued, because they wait for a unit that waited for the run (during a boot). It reads their\n" +
			"states from systemd, counts those that are not up as failed, and saves the final states in\n" +
			"the state folder.\n\n" +
			"The exit status is for monitoring. An abandoned site counts until its manifest was applied\n" +
			"empty, with --prune, or its last run was taken back. --json prints one object." +
			describeStatuses(map[int]string{
				exit.OK:         "the last run of every site on this host converged, and nothing is owed",
				exit.Failure:    "no run is known, bad usage, or the state folder cannot be read",
				exit.Incomplete: "one of these runs failed, was interrupted or killed, or left a notification owed",
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
