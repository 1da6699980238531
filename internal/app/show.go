package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/app/past"
	"converge/internal/app/savedplan"
	"converge/internal/journal"
	"converge/internal/view"
)

// Show shows a run, or a saved plan if the name is a file that holds one.
func Show(ctx context.Context, env *environ.Env, name string, o *past.Options, verbose bool) error {
	if saved, err := savedplan.Read(name); err != nil || saved != nil {
		if err != nil {
			return err
		}
		return savedplan.Show(env, saved, o.JSON, verbose)
	}
	state, root, err := past.Open(ctx, env, o)
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
		return past.HintRuns(err)
	}
	out, err := past.ReadDetail(state, root, found)
	if err != nil {
		return err
	}
	if o.JSON {
		return view.WriteJSON(env.Out, out)
	}
	return view.ShowRun(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), verbose, out)
}
