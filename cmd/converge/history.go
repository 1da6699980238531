package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/view"
)

// pastFlags are those of the commands that only read what was.
type pastFlags struct {
	root, state string
	json        bool
}

func (f *pastFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	addRoot(fs, &f.root)
	fs.StringVar(&f.state, "state", "", "read the journal in `DIR` (default: see converge help)")
	fs.BoolVar(&f.json, "json", false, "print JSON instead of text")
}

func newHistoryCommand(env *environ.Env) *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history [--forget RUN...]",
		Short: "List the runs that changed anything",
		Long: "Lists the runs of this host, the newest first: when each began, how it ended, how many\n" +
			"resources it changed, how many notifications it raised that are still owed, who ran it\n" +
			"and how. A run that found nothing to do is not listed, unless it noted something in the\n" +
			"state folder; converge status tells of it. A run without an end was killed; it may still\n" +
			"be running.\n\n" +
			"--json prints one object a line, with the first few things that failed and why.\n\n" +
			"--forget removes the runs that are named, or those that began longer ago than --older-than\n" +
			"says, with the old contents that they alone had kept; they cannot be taken back then.\n" +
			"settings { keep = \"90d\" } does that by itself." + listStatuses(exit.OK, exit.Failure, exit.Locked),
		Example: "  converge history\n  converge history --json | jq -r 'select(.result != \"converged\").run'\n  converge history --forget --older-than 90d",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			if f.forget {
				return forgetRuns(cmd.Context(), env, &f, args)
			}
			state, _, err := openPast(cmd.Context(), env, &f.pastFlags)
			if err != nil {
				return err
			}
			defer state.Close() //nolint:errcheck // it was only read
			runs, err := state.Runs()
			if err != nil {
				return err
			}
			out := make([]view.Run, len(runs))
			for i, r := range runs {
				out[i] = runLine(r, state.Owed())
			}
			if f.json {
				return view.RunsJSON(env.Out, out)
			}
			return view.Runs(env.Out, env.IsColored(env.Out), out)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.forget, "forget", false, "remove runs from the history, with what they kept")
	cmd.Flags().StringVar(&f.olderThan, "older-than", "", "with --forget: all that began longer ago than `TIME`, such as 90d or 36h")
	cmd.ValidArgsFunction = completeRuns(env, &f.state, &f.root)
	return cmd
}

// past opens the journal to be read only.
func openPast(ctx context.Context, env *environ.Env, f *pastFlags) (*journal.State, string, error) {
	root, err := filepath.Abs(f.root)
	if err != nil {
		return nil, "", err
	}
	dir, err := findStateDir(env, f.state, root)
	if err != nil {
		return nil, "", err
	}
	state, err := journal.Open(ctx, dir, journal.Options{ReadOnly: true})
	return state, root, hinted(err, dir)
}

// runLine is the history's line of a run; debts are the present ones.
func runLine(r journal.RunSummary, debts []notify.Debt) view.Run {
	out := view.Run{
		ID: r.ID, Started: r.Started, Result: result(r), Changed: r.Counts.Changed, Failed: r.Counts.Failed, Notified: r.Counts.Notified, Begun: r.Counts.Begun,
		User: r.Info.User, Command: r.Info.Args, Manifest: r.Info.Manifest, Version: r.Info.Version, Undoes: r.Info.Undoes,
	}
	if !r.Ended.IsZero() {
		out.Ended, out.Exit = &r.Ended, &r.Exit
	}
	out.Failures = failures(r.Failed)
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	type action struct{ target, verb string }
	owed := map[action]bool{} // an action for several changes is owed once
	for _, d := range debts {
		if d.Run == r.ID {
			owed[action{d.Target.String(), d.Verb}] = true
		}
	}
	out.Owed = len(owed)
	return out
}

// result is how a run ended, in a word.
func result(r journal.RunSummary) string {
	switch {
	case r.Err != nil:
		return "damaged"
	case r.Running:
		return "running"
	case r.Ended.IsZero():
		return "killed"
	}
	return journal.Result(r.Exit, r.Counts)
}

// noSuchRun completes the error about a name that no kept run has.
func noSuchRun(err error) error {
	return exit.With(exit.Failure, err, "converge history lists the runs that are kept; another was forgotten, or never was")
}

// commandLine is how a run was called.
func commandLine(info journal.RunInfo) string {
	return strings.Join(append([]string{"converge"}, info.Args...), " ")
}

// completeRuns completes RUN.
func completeRuns(env *environ.Env, state, root *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		const noFiles = cobra.ShellCompDirectiveNoFileComp
		if len(args) > 0 {
			return nil, noFiles
		}
		s, _, err := openPast(cmd.Context(), env, &pastFlags{root: *root, state: *state})
		if err != nil {
			return nil, noFiles
		}
		defer s.Close() //nolint:errcheck // it was only read
		runs, err := s.Runs()
		if err != nil {
			return nil, noFiles
		}
		out := []string{"last"}
		for _, r := range runs {
			out = append(out, r.ID+"\t"+commandLine(r.Info))
		}
		return out, noFiles
	}
}
