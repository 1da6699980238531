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
		Long: "Takes back what a run changed, and only that, in reverse order: contents, permissions and\n" +
			"owners come back, package versions too, what the run made is removed, what it removed is\n" +
			"made again, and whom its changes notified is notified again. RUN is an id as converge\n" +
			"history lists them, the beginning of one, or last; default: the newest run that changed\n" +
			"anything. No manifest is read.\n\n" +
			"A rollback is a run like any other: planned (--dry-run shows it), applied, proved,\n" +
			"journaled. It can be taken back itself, which is what a second rollback does by default.\n\n" +
			"What was changed since, by a later run or by hand, is left alone and said, unless --force\n" +
			"is given; what replaces it is kept then. What cannot be done at all, as when a version is\n" +
			"not offered any more, is found before anything is touched, and then nothing is. What a\n" +
			"command (exec) did cannot be taken back; that is said. Packages and users that the run\n" +
			"made leave their configuration files and homes behind, unless --purge is given." +
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
	fs.BoolVar(&f.DryRun, "dry-run", false, "show what would be taken back and change nothing")
	fs.BoolVar(&f.Confirm, "confirm", false, "show the plan and ask before anything is changed")
	fs.BoolVar(&f.Force, "force", false, "take back what was changed since, too")
	fs.BoolVar(&f.Purge, "purge", false, "remove configuration files of packages and homes of users that the run made")
	return cmd
}
