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
			"It changes nothing and takes no lock. PATH is a file, a folder, - for standard\n" +
			"input, or with --sha256 the URL of an archive; default: the current folder.\n\n" +
			"More than 40 changes are shown by module. --summary counts them instead.\n\n" +
			"--out saves the plan, and converge show prints it. apply then makes exactly these changes or\n" +
			"refuses, also if it would destroy something that the plan does not show. A saved plan\n" +
			"contains what was shown, digests of the rest and no sensitive value; only its owner can\n" +
			"read it.\n\n" +
			"--facts makes the plan of a machine that is not this one, compared with an empty host, or\n" +
			"with the tree of --root. It reads nothing of this machine and runs no program: guards and\n" +
			"checks are not asked, packages are taken to be available, and secrets are not read." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Interrupted),
		Example:           "  converge plan\n  converge plan --root ./image site/\n  converge plan --facts web1.json\n  converge plan --out today.plan && converge apply today.plan",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Site.Tree = cmd.Flags().Changed("root")
			return app.Plan(cmd.Context(), env, pathArg(args), &f, out)
		},
	}
	addRunFlags(cmd, &f)
	addFacts(cmd, &f.Site, "make the plan of")
	cmd.Flags().Lookup("lock-timeout").Usage = "has no effect, because a plan takes no lock; plan accepts it so that it can be called like apply"
	cmd.Flags().BoolVar(&f.Out.Summary, "summary", false, "count the changes by module and kind instead of showing each; --json stays as it is")
	cmd.Flags().StringVar(&out, "out", "", "save the plan to `FILE`, for apply")
	return cmd
}

func newCheckCommand(env *environ.Env) *cobra.Command {
	var f app.RunOptions
	cmd := &cobra.Command{
		Use:   "check [PATH]",
		Short: "Run the checks that the manifest declares",
		Long: "Runs all checks (kind check) that the manifest declares, several at a time, and reports which\n" +
			"of them pass. It observes and changes nothing else, takes no lock and keeps no record: checks\n" +
			"that an earlier run owes stay owed. PATH is as for plan." +
			describeStatuses(map[int]string{exit.OK: "all checks have passed", exit.Incomplete: "a check has failed"}, exit.OK, exit.Failure, exit.Incomplete, exit.Interrupted),
		Example:           "  converge check\n  converge check --target check.web site/",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completeManifests,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Check(cmd.Context(), env, pathArg(args), &f)
		},
	}
	fs := cmd.Flags()
	addSiteFlags(cmd, &f.Site)
	fs.BoolVar(&f.Out.JSON, "json", false, "print one JSON object per line instead of text")
	fs.BoolVarP(&f.Out.Verbose, "verbose", "v", false, "also show places in the manifest")
	fs.StringVar(&f.State.Dir, "state", "", "read the journal in `DIR` (default: see converge help)")
	addTargets(cmd, &f.Targets, &f.Excludes, &f.Site)
	return cmd
}

func newApplyCommand(env *environ.Env) *cobra.Command {
	var f app.ApplyOptions
	cmd := &cobra.Command{
		Use:   "apply [PATH | PLANFILE]",
		Short: "Make the host match the manifest",
		Long: "Makes the host match the manifest, delivers the notifications that follow from the changes,\n" +
			"and proves that no change is left to make. It asks no question (it runs from cloud-init and\n" +
			"timers) unless --confirm is given. PATH is a file, a folder, - for standard input,\n" +
			"or with --sha256 the URL of a manifest or of a gzipped tar archive, which converge keeps in\n" +
			"the state folder; default: the current folder. A plan from plan --out is applied exactly, or\n" +
			"refused.\n\n" +
			"SIGINT and SIGTERM stop the run: converge asks a running command to end, finishes a change\n" +
			"of files or packages that has begun, and starts nothing else. Owed notifications stay owed,\n" +
			"and the next apply continues where this one stopped. A second signal ends converge at once,\n" +
			"in any state; the next run repairs what is half done. SIGHUP does not end a run.\n\n" +
			"Where the manifest asks for it (kind reboot) apply ends by rebooting the host, and goes on\n" +
			"after the boot." +
			describeStatuses(applyStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		Example:           "  converge apply\n  converge apply --confirm site/\n  converge apply --target service.nginx\n  converge apply https://example.com/site.tar.gz --sha256 9f86d081…",
		Args:              atMostOne("PATH"),
		ValidArgsFunction: completePlans,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Given = givenFlags(cmd)
			return app.Apply(cmd.Context(), env, pathArg(args), &f)
		},
	}
	addRunFlags(cmd, &f.RunOptions)
	addConfirm(cmd, &f.Confirm, &f.Out)
	cmd.Flags().BoolVar(&f.NoReboot, "no-reboot", false, "do not reboot the host; a reboot that is due stays owed (exit status 3)")
	return cmd
}

func newRollbackCommand(env *environ.Env) *cobra.Command {
	var f app.RollbackOptions
	cmd := &cobra.Command{
		Use:   "rollback [RUN]",
		Short: "Take back what a run changed",
		Long: "Takes back the changes of a run, and only these, in reverse order. It restores contents,\n" +
			"permissions, owners and package versions, removes what the run created, creates what it\n" +
			"removed, and notifies the targets that its changes notified. RUN is an id from converge\n" +
			"history, the beginning of an id, or last; default: the newest run that changed anything, is\n" +
			"no rollback, and is not taken back. If nothing is left to take back of that, the id of the\n" +
			"run before it is shown. It reads no manifest.\n\n" +
			"A rollback is a run like any other: it is planned (--dry-run shows it), applied, proved and\n" +
			"journaled. It can be taken back itself, by its id or last.\n\n" +
			"A resource that was changed since, by a later run or by hand, is left alone and listed. With\n" +
			"--force it is taken back too, and converge keeps the newer content. A part of a file that was\n" +
			"edited into another one is not there any more: it is listed, and what it became stays, as\n" +
			"does a file that was made for it. An impossible step, for\n" +
			"example a version that is no longer offered, is found before the first change, and then\n" +
			"nothing is changed. The effects of a command (exec) cannot be taken back; the plan says so.\n" +
			"Configuration files of packages and homes of users that the run made stay, unless --purge is\n" +
			"given." +
			describeStatuses(runStatuses(), exit.OK, exit.Failure, exit.Changes, exit.Incomplete, exit.Locked, exit.Interrupted),
		Example:           "  converge rollback --dry-run\n  converge rollback --confirm 20261121T0213\n  converge rollback --root ./image last",
		Args:              atMostOne("RUN"),
		ValidArgsFunction: completeRuns(env, &f.State.Dir, &f.Site.Root),
		RunE: func(cmd *cobra.Command, args []string) error {
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
	addConfirm(cmd, &f.Confirm, &f.Out)
	fs.BoolVar(&f.Force, "force", false, "also take back what was changed since")
	fs.BoolVar(&f.Purge, "purge", false, "remove configuration files of packages and homes of users that the run made")
	return cmd
}
