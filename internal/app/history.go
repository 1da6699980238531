package app

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
	"converge/internal/app/savedplan"
	"converge/internal/fsys"
	"converge/internal/manifest"
	"converge/internal/page"
	"converge/internal/view"
)

// ListRuns lists the kept runs, the newest first.
func ListRuns(ctx context.Context, env *environ.Env, o *HistoryOptions) error {
	state, _, err := past.OpenToShow(ctx, env, &o.Options)
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // read only
	runs, err := state.Runs()
	if err != nil {
		return err
	}
	out := make([]view.Run, len(runs))
	for i, r := range runs {
		out[i] = past.SummarizeRun(r, state.Owed())
	}
	switch {
	case o.JSON:
		return view.WriteJSON(env.Out, out...)
	case o.HTML:
		return page.WriteHistory(env.Out, out)
	}
	return view.Runs(env.Out, env.IsColored(env.Out), out)
}

// NameRuns returns the names of the kept runs, each with its command line after a tab, for completion.
func NameRuns(ctx context.Context, env *environ.Env, o *past.Options) []string {
	s, _, err := past.Open(ctx, env, o)
	if err != nil {
		return nil
	}
	defer s.Close() //nolint:errcheck // read only
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

// Show shows a run, or a saved plan if the name is that of a file with one.
func Show(ctx context.Context, env *environ.Env, name string, o *past.Options, verbose bool) error {
	if saved, err := savedplan.Read(name); err != nil || saved != nil {
		if err != nil {
			return err
		}
		return savedplan.Show(env, saved, o.JSON, verbose)
	}
	out, err := findRun(ctx, env, name, o)
	if err != nil && strings.ContainsAny(name, "./") {
		missing := fmt.Errorf("there is no saved plan %q, and no run of that name", name)
		if near := manifest.NearFile(name); near != "" {
			return exit.With(exit.Failure, missing, "did you mean "+near+"?")
		}
		return exit.With(exit.Failure, missing, "converge history lists the runs that are kept")
	}
	if err != nil {
		return err
	}
	if o.JSON {
		return view.WriteJSON(env.Out, out)
	}
	return view.ShowRun(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), verbose, out)
}

// findRun returns the details of a run.
func findRun(ctx context.Context, env *environ.Env, name string, o *past.Options) (view.RunDetail, error) {
	state, root, err := past.OpenToShow(ctx, env, o)
	if err != nil {
		return view.RunDetail{}, err
	}
	defer state.Close() //nolint:errcheck // read only
	runs, err := state.Runs()
	if err != nil {
		return view.RunDetail{}, err
	}
	found, err := past.FindRun(runs, name)
	if err != nil {
		return view.RunDetail{}, err
	}
	return past.ReadDetail(state, root, found)
}

// WriteReport writes a run as a page of HTML, to a file or ("") to standard output.
func WriteReport(ctx context.Context, env *environ.Env, name string, o *past.Options, out string) error {
	run, err := findRun(ctx, env, name, o)
	if err != nil {
		return err
	}
	if out == "" {
		return page.WriteRun(env.Out, run)
	}
	if err := environ.CheckOutput(out); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	var text bytes.Buffer
	if err := page.WriteRun(&text, run); err != nil {
		return err
	}
	err = environ.WriteOutputFile(out, func(host *fsys.FS, whole string) error { return host.ReplaceOutput(whole, text.Bytes()) })
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}
