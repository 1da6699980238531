package main

import (
	"errors"

	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
)

func newRollbackCommand(env *environ.Env) *cobra.Command {
	var f app.RollbackOptions
	cmd := &cobra.Command{
		Use:   "rollback [RUN]",
		Short: "Take back what a run changed",
		Long: "Takes back the changes of a run, and only these, in reverse order. It restores contents,\n" +
			"permissions, owners and package versions, removes what the run created, creates what it\n" +
			"removed, and notifies the targets that its changes notified. RUN is an id from converge\n" +
			"history, the beginning of an id, or last; default: the newest run that changed anything. It\n" +
			"reads no manifest.\n\n" +
			"A rollback is a run like any other: it is planned (--dry-run shows it), applied, proved and\n" +
			"journaled. It can be taken back itself; a second rollback does so by default.\n\n" +
			"A resource that was changed since, by a later run or by hand, is left alone and listed. With\n" +
			"--force it is taken back too, and converge keeps the newer content. An impossible step, for\n" +
			"example a version that is no longer offered, is found before the first change, and then\n" +
			"nothing is changed. The effects of a command (exec) cannot be taken back; the plan says so.\n" +
			"Configuration files of packages and homes of users that the run made stay, unless --purge is\n" +
			"given." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Interrupted),
		Example:           "  converge rollback --dry-run\n  converge rollback --confirm 20261121T0213\n  converge rollback --root ./image last",
		Args:              atMostOne("RUN"),
		ValidArgsFunction: completeRuns(env, &f.State.Dir, &f.Site.Root),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.Confirm && f.Out.JSON {
				return errors.New("--confirm and --json do not go together: JSON is for programs")
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return app.Rollback(cmd.Context(), env, name, &f)
		},
	}
	fs := cmd.Flags()
	addOutputFlags(fs, &f.Out)
	addStateFlags(fs, &f.State)
	addRoot(fs, &f.Site.Root)
	fs.BoolVar(&f.Detailed, "detailed-exitcode", false, "exit 2 if there are changes")
	fs.BoolVar(&f.DryRun, "dry-run", false, "show what would be taken back, and change nothing")
	fs.BoolVar(&f.Confirm, "confirm", false, "show the plan, and ask before the first change")
	fs.BoolVar(&f.Force, "force", false, "also take back what was changed since")
	fs.BoolVar(&f.Purge, "purge", false, "remove configuration files of packages and homes of users that the run made")
	return cmd
}
