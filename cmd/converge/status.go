package main

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/journal"
	"converge/internal/view"
)

func newStatusCommand(env *environ.Env) *cobra.Command {
	var f pastFlags
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
		RunE:    func(cmd *cobra.Command, _ []string) error { return showStatus(cmd.Context(), env, &f, wait) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for a run in progress, and for the services that the last run queued")
	return cmd
}

// showStatus shows the status, and ends with what it means for monitoring.
func showStatus(ctx context.Context, env *environ.Env, f *pastFlags, wait bool) error {
	state, root, err := openPast(ctx, env, f)
	if err != nil {
		return err
	}
	if wait && state.Holder() != "" {
		if err := state.Close(); err != nil {
			return err
		}
		if state, err = awaitRun(ctx, env, f); err != nil {
			return err
		}
	}
	defer state.Close() //nolint:errcheck // it was only read
	st, err := statusOf(state)
	if err == nil && wait {
		err = awaitQueued(ctx, env, f, root, state, &st)
	}
	if err != nil {
		return err
	}
	if f.json {
		err = view.StatusJSON(env.Out, st)
	} else {
		err = view.ShowStatus(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), st)
	}
	if err != nil {
		return err
	}
	return statusExit(st)
}

func statusExit(st view.Status) error {
	switch {
	case st.Holder != "":
		return exit.Silently(exit.Locked)
	case st.Run == "":
		return exit.Silently(exit.Failure)
	case st.Result != "converged" || len(st.Owed) > 0 || len(st.Queued) > 0,
		slices.ContainsFunc(st.Sites, func(o view.Site) bool { return o.Result != "converged" }):
		return exit.Silently(exit.Incomplete)
	}
	return nil
}

// statusOf reads the status from the state folder.
func statusOf(state *journal.State) (view.Status, error) {
	out := view.Status{Result: "none", Owed: []view.Owed{}}
	if st := state.Status(); st != nil && st.Run != "" {
		out.Run, out.Recorded, out.Started, out.Result = st.Run, st.Recorded, st.Started, st.Result
		if !st.Ended.IsZero() { // else it was killed
			out.Ended, out.Exit = &st.Ended, &st.Exit
		}
		out.Manifest, out.Undoes, out.Queued = st.Manifest, st.Undoes, st.Queued
		out.Changed, out.Failed, out.Skipped, out.Notified = st.Counts.Changed, st.Counts.Failed, st.Counts.Skipped, st.Counts.Notified
		out.Begun = st.Counts.Begun
		out.Failures, out.Changes, out.Site = failures(st.Failures), st.Newest, siteShown(st.Site)
		for _, name := range slices.Sorted(maps.Keys(st.Sites)) {
			o := st.Sites[name]
			line := view.Site{Site: name, Run: o.Run, Result: o.Result}
			if !o.Ended.IsZero() {
				line.Ended, line.Exit = &o.Ended, &o.Exit
			}
			out.Sites = append(out.Sites, line)
		}
	} else if err := newestRun(state, &out); err != nil {
		return out, err
	}
	for _, k := range state.Recovered() { // none that goes on
		out.Run, out.Result, out.Recorded, out.Started, out.Ended, out.Changes = k.Run, "killed", true, k.Started, nil, k.Run
		out.Exit, out.Changed, out.Failed, out.Skipped, out.Notified, out.Failures = nil, k.Counts.Changed, k.Counts.Failed, 0, k.Counts.Notified, nil
		out.Begun = k.Counts.Begun
		out.Manifest, out.Site, out.Undoes, out.Queued = k.Info.Manifest, siteShown(k.Info.Site), k.Info.Undoes, nil
	}
	type action struct{ target, verb string }
	seen := map[action]bool{}
	for _, d := range state.Owed() { // several runs may owe one action; the first one is told
		o := view.Owed{Resource: d.Target.String(), Verb: d.Verb, Run: d.Run}
		if a := (action{o.Resource, o.Verb}); !seen[a] {
			seen[a] = true
			out.Owed = append(out.Owed, o)
		}
	}
	out.Holder = state.Holder()
	return out, nil
}

// newestRun is for a folder without a status: an older version wrote it.
func newestRun(state *journal.State, out *view.Status) error {
	runs, err := state.Runs()
	if err != nil || len(runs) == 0 {
		return err
	}
	r := runs[0]
	line := runLine(r, nil)
	out.Run, out.Recorded, out.Started, out.Ended, out.Result, out.Exit = r.ID, true, r.Started, line.Ended, line.Result, line.Exit
	out.Changed, out.Failed, out.Skipped, out.Notified = r.Counts.Changed, r.Counts.Failed, r.Counts.Skipped, r.Counts.Notified
	out.Manifest, out.Undoes, out.Failures, out.Changes = r.Info.Manifest, r.Info.Undoes, failures(r.Failed), r.ID
	return nil
}

// siteShown is the name of a site, "" if the run was of none.
func siteShown(name string) string {
	if name == journal.NoSite {
		return ""
	}
	return name
}

func failures(in []journal.Failure) []view.Failure {
	out := make([]view.Failure, len(in))
	for i, f := range in {
		out[i] = view.Failure{Resource: f.Resource, Verb: f.Verb, Error: f.Error}
	}
	return out
}
