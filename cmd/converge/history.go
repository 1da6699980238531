package main

import (
	"github.com/spf13/cobra"

	"converge/internal/app"
	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
)

func newHistoryCommand(env *environ.Env) *cobra.Command {
	var f app.HistoryOptions
	cmd := &cobra.Command{
		Use:   "history [--forget RUN...]",
		Short: "List the runs that changed anything",
		Long: "Lists the runs of this host, the newest first: when each began, how it ended, how many\n" +
			"resources it changed, how many of its notifications are still owed, who ran it and how. A\n" +
			"run that had no change to make is not listed, unless it wrote something to the state folder;\n" +
			"converge status shows it. A run without an end was killed, or is still running.\n\n" +
			"--json prints one object per line, with the first few failures and their causes.\n\n" +
			"--forget removes the given runs, or with --older-than all runs that began before that time,\n" +
			"together with the old contents that only these runs kept. Removed runs can no longer be taken\n" +
			"back. settings { keep = \"90d\" } removes old runs automatically." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge history\n  converge history --json | jq -r 'select(.result != \"converged\").run'\n  converge history --forget --older-than 90d",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.Check(args); err != nil {
				return err
			}
			if f.Forget {
				return app.ForgetRuns(cmd.Context(), env, &f, args)
			}
			return app.ListRuns(cmd.Context(), env, &f.Options)
		},
	}
	addPastFlags(cmd, &f.Options)
	cmd.Flags().BoolVar(&f.Forget, "forget", false, "remove runs from the history, with the contents that they kept")
	cmd.Flags().StringVar(&f.OlderThan, "older-than", "", "with --forget: all runs that began longer ago than `TIME`, such as 90d or 36h")
	cmd.ValidArgsFunction = completeRuns(env, &f.State, &f.Root)
	return cmd
}

// completeRuns completes RUN.
func completeRuns(env *environ.Env, state, root *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		const noFiles = cobra.ShellCompDirectiveNoFileComp
		if len(args) > 0 {
			return nil, noFiles
		}
		return app.NameRuns(cmd.Context(), env, &past.Options{Root: *root, State: *state}), noFiles
	}
}
