package past

import (
	"errors"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/view"
)

// SummarizeRun is the history's line of a run; debts are the present ones.
func SummarizeRun(r journal.RunSummary, debts []notify.Debt) view.Run {
	out := view.Run{
		ID: r.ID, Started: r.Started, Result: summarizeResult(r), Changed: r.Counts.Changed, Failed: r.Counts.Failed, Notified: r.Counts.Notified, Begun: r.Counts.Begun,
		User: r.Info.User, Command: r.Info.Args, Manifest: r.Info.Manifest, Version: r.Info.Version, Undoes: r.Info.Undoes,
	}
	if !r.Ended.IsZero() {
		out.Ended, out.Exit = &r.Ended, &r.Exit
	}
	out.Failures = viewFailures(r.Failed)
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

// summarizeResult is how a run ended, in a word.
func summarizeResult(r journal.RunSummary) string {
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

// HintRuns completes the error about a name that no kept run has.
func HintRuns(err error) error {
	return exit.With(exit.Failure, err, "converge history lists the runs that are kept; another was forgotten, or never was")
}

// JoinCommandLine is how a run was called.
func JoinCommandLine(info journal.RunInfo) string {
	return strings.Join(append([]string{"converge"}, info.Args...), " ")
}

// ChooseRun is the run that is meant: the one of that id, or by default the
// newest that changed anything.
func ChooseRun(state *journal.State, name string) (*journal.RunDetail, error) {
	runs, err := state.Runs()
	if err != nil {
		return nil, err
	}
	if name != "" {
		r, err := journal.Find(runs, name)
		if err != nil {
			return nil, HintRuns(err)
		}
		return state.Detail(r.ID)
	}
	for _, r := range runs {
		d, err := state.Detail(r.ID)
		if err != nil {
			return nil, err
		}
		if d.Changed() {
			return d, nil
		}
	}
	return nil, errors.New("no run that changed anything is kept: there was none, or it was forgotten")
}
