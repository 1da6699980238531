package main

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/view"
)

// listRuns lists the runs that are kept, the newest first.
func listRuns(ctx context.Context, env *environ.Env, o *pastOptions) error {
	state, _, err := openPast(ctx, env, o)
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
	if o.json {
		return view.RunsJSON(env.Out, out)
	}
	return view.Runs(env.Out, env.IsColored(env.Out), out)
}

// nameRuns returns the names of the runs that are kept, each with its command
// line behind a tab, for completion.
func nameRuns(ctx context.Context, env *environ.Env, o *pastOptions) []string {
	s, _, err := openPast(ctx, env, o)
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
		out = append(out, r.ID+"\t"+commandLine(r.Info))
	}
	return out
}
