package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/app/past"
	"converge/internal/app/savedplan"
	"converge/internal/journal"
	"converge/internal/view"
)

// ListRuns lists the runs that are kept, the newest first.
func ListRuns(ctx context.Context, env *environ.Env, o *past.Options) error {
	state, _, err := past.OpenToShow(ctx, env, o)
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
		out[i] = past.SummarizeRun(r, state.Owed())
	}
	if o.JSON {
		return view.WriteJSON(env.Out, out...)
	}
	return view.Runs(env.Out, env.IsColored(env.Out), out)
}

// NameRuns returns the names of the runs that are kept, each with its command
// line behind a tab, for completion.
func NameRuns(ctx context.Context, env *environ.Env, o *past.Options) []string {
	s, _, err := past.Open(ctx, env, o)
	if err != nil {
		return nil
	}
	defer s.Close() //nolint:errcheck // it was only read
	runs, err := s.Runs()
	if err != nil {
		return nil
	}
	out := []string{"last"}
	for _, r := range runs {
		out = append(out, r.ID+"\t"+past.JoinCommandLine(r.Info))
	}
	return out
}

// Show shows a run, or a saved plan if the name is a file that holds one.
func Show(ctx context.Context, env *environ.Env, name string, o *past.Options, verbose bool) error {
	if saved, err := savedplan.Read(name); err != nil || saved != nil {
		if err != nil {
			return err
		}
		return savedplan.Show(env, saved, o.JSON, verbose)
	}
	state, root, err := past.OpenToShow(ctx, env, o)
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
