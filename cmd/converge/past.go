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
		Use:   "status [PATH]",
		Short: "Show how the last run ended and what is owed",
		Long: "Shows when and how the last run ended, also if it changed nothing, what failed in it,\n" +
			"what is still owed, and what became of a run in which a resource with\n" +
			"on_failure = \"rollback\" has failed: that it was taken back, and why, or that its rollback is\n" +
			"due, because that was killed or interrupted. It reads only status.json and the journal in the\n" +
			"state folder. A run with an invalid manifest does not count.\n\n" +
			"--wait waits for a run in progress, and then for the services whose start the last run only\n" +
			"queued, because they wait for a unit that waited for the run (during a boot). It reads their\n" +
			"states from systemd, counts those that are not up as failed, and saves the final states in\n" +
			"the state folder.\n\n" +
			"The exit status is for monitoring. An abandoned site counts until its manifest was applied\n" +
			"empty, with --prune, or its last run was taken back. With the PATH of a manifest, the exit\n" +
			"status is about its site alone. --json prints one object." +
			describeStatuses(map[int]string{
				exit.OK:         "the last run of every site on this host converged, and nothing is owed",
				exit.Failure:    "no run is known, bad usage, or the state folder cannot be read",
				exit.Incomplete: "one of these runs failed, was taken back for a failure, was interrupted or killed, or left a notification owed, or a rollback is due",
				exit.Locked:     "a run is in progress",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Locked),
		Example: "  converge status\n  converge status --wait\n  converge status --json | jq -r .ended",
		Args:    atMostOne("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				path = pathArg(args)
			}
			return app.ShowStatus(cmd.Context(), env, &f, path, wait)
		},
		ValidArgsFunction: completeManifests,
	}
	addPastFlags(cmd, &f)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for a run in progress, and for the services that the last run queued")
	return cmd
}

func newOwedCommand(env *environ.Env) *cobra.Command {
	var f app.OwedOptions
	cmd := &cobra.Command{
		Use:   "owed",
		Short: "List owed notifications, or drop one",
		Long: "Lists the owed notifications: each action that a change requested and that has not been\n" +
			"delivered yet, with the changes that caused it, their run, and the site of that run. Every\n" +
			"apply of that site tries to deliver it.\n\n" +
			"--drop removes a notification permanently: NAME is its target as listed (service.nginx), the\n" +
			"thing that the target manages (service:nginx.service), or either of them followed by a dot\n" +
			"and the verb. It changes only the journal.\n\n" +
			"--json prints one object per line." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge owed\n  converge owed --drop service.nginx.restart",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("drop") {
				return app.DropOwed(cmd.Context(), env, &f)
			}
			return app.ListOwed(cmd.Context(), env, &f)
		},
	}
	fs := cmd.Flags()
	addRoot(fs, &f.Site.Root)
	addStateFlags(fs, &f.State)
	fs.BoolVar(&f.Out.JSON, "json", false, "print JSON instead of text")
	fs.StringVar(&f.Drop, "drop", "", "drop the notifications that are owed to `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("drop", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return app.NameOwed(cmd.Context(), env, &past.Options{Root: f.Site.Root, State: f.State.Dir}), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func newHistoryCommand(env *environ.Env) *cobra.Command {
	var f app.HistoryOptions
	cmd := &cobra.Command{
		Use:   "history [--forget RUN...]",
		Short: "List the runs that changed anything",
		Long: "Lists the runs of this host, the newest first: when each began, how it ended, how many\n" +
			"resources it changed, how many of its notifications are still owed, who ran it and how. A\n" +
			"run that had no change to make is not listed, unless it wrote something to the state folder;\n" +
			"converge status shows it. A run without an end was killed, or is still running.\n\n" +
			"--json prints one object per line, with the first few failures and their causes; --html\n" +
			"prints a page for a browser.\n\n" +
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
			return app.ListRuns(cmd.Context(), env, &f)
		},
	}
	addPastFlags(cmd, &f.Options)
	cmd.Flags().BoolVar(&f.HTML, "html", false, "print a page of HTML, for a browser")
	cmd.Flags().BoolVar(&f.Forget, "forget", false, "remove runs from the history, with the contents that they kept")
	cmd.Flags().StringVar(&f.OlderThan, "older-than", "", "with --forget: all runs that began longer ago than `TIME`, such as 90d or 36h")
	cmd.ValidArgsFunction = completeRuns(env, &f.State, &f.Root)
	return cmd
}

func newForgetCommand(env *environ.Env) *cobra.Command {
	var f app.RunOptions
	cmd := &cobra.Command{
		Use:   "forget KEY...",
		Short: "Let go of things that converge made; they stay on the host",
		Long: "Removes things from the record of what converge made, with what is owed to them. They stay on\n" +
			"the host as they are, and converge neither prunes nor protects them any more. KEY is the key\n" +
			"of a thing (path:/etc/motd, package:nginx; * after the colon stands for any characters), a path,\n" +
			"or an address as a plan shows it under \"Made by an earlier run\". A path means the file and all\n" +
			"that converge made in it, such as settings and lines. A thing that a manifest still declares\n" +
			"is recorded again when a run changes it.\n\n" +
			"The run is listed by converge history, and converge rollback takes it back. The block\n" +
			"forget { things = [KEY, ...] } in a manifest has the same effect for its site.\n\n" +
			"--json prints one object per thing." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge forget path:/etc/motd\n  converge forget 'path:/srv/app/*'",
		Args:    atLeastOne("KEY; the completion lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.ForgetThings(cmd.Context(), env, &f, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return app.NameThings(cmd.Context(), env, &past.Options{Root: f.Site.Root, State: f.State.Dir}), cobra.ShellCompDirectiveNoFileComp
		},
	}
	fs := cmd.Flags()
	addRoot(fs, &f.Site.Root)
	addStateFlags(fs, &f.State)
	fs.BoolVar(&f.Out.JSON, "json", false, "print JSON instead of text")
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
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		runs, how := completeRuns(env, &f.State, &f.Root)(cmd, args, prefix)
		if len(args) == 0 {
			how = cobra.ShellCompDirectiveDefault // an argument that is not a run may be a plan file
		}
		return runs, how
	}
	addPastFlags(cmd, &f)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show whole diffs, and steps without effect")
	return cmd
}

func newReportCommand(env *environ.Env) *cobra.Command {
	var f past.Options
	var out string
	name := func(args []string) string {
		if len(args) == 0 {
			return "last"
		}
		return args[0]
	}
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Write what a run did as a page of HTML",
		Long: "Writes one page about a run: what it changed, with differences; what failed, and why; who was\n" +
			"notified by what, and what is still owed; a picture of that, in which each box leads to its\n" +
			"change; and what took long. The page needs no network and no other file. RUN is an id from\n" +
			"converge history, the beginning of an id, or last; default: last. As in converge show,\n" +
			"sensitive content is never shown.\n\n" +
			"converge history --html writes a page of all runs." + listStatuses(exit.OK, exit.Failure),
		Example:           "  converge report --out run.html\n  converge report 20261121T0213 > run.html",
		Args:              atMostOne("RUN"),
		ValidArgsFunction: completeRuns(env, &f.State, &f.Root),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.JSON {
				return app.Show(cmd.Context(), env, name(args), &f, false)
			}
			return app.WriteReport(cmd.Context(), env, name(args), &f, out)
		},
	}
	fs := cmd.Flags()
	addRoot(fs, &f.Root)
	fs.StringVar(&f.State, "state", "", "read the journal in `DIR` (default: see converge help)")
	fs.BoolVar(&f.JSON, "json", false, "print the run as one JSON object instead, as converge show does")
	fs.StringVar(&out, "out", "", "write the page to `FILE` instead of standard output")
	return cmd
}
