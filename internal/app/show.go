package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/journal"
	"converge/internal/view"
)

// Show shows a run, or a saved plan if the name is a file that holds one.
func Show(ctx context.Context, env *environ.Env, name string, o *PastOptions, verbose bool) error {
	if saved, err := readPlan(name); err != nil || saved != nil {
		if err != nil {
			return err
		}
		return showPlan(env, saved, o.Json, verbose)
	}
	state, root, err := openPast(ctx, env, o)
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // it was only read
	runs, err := state.Runs()
	if err != nil {
		return err
	}
	found, err := journal.Find(runs, name)
	if err != nil {
		return hintRuns(err)
	}
	out, err := readDetail(state, root, found)
	if err != nil {
		return err
	}
	if o.Json {
		return view.RunJSON(env.Out, out)
	}
	return view.ShowRun(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), verbose, out)
}
