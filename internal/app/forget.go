package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/machine"
	"converge/internal/app/output"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/view"
)

func (f *HistoryOptions) Check(args []string) error {
	switch {
	case f.HTML && (f.JSON || f.Forget):
		return errors.New("--html goes neither with --json nor with --forget")
	case !f.Forget && (len(args) > 0 || f.OlderThan != ""):
		return errors.New("RUN and --older-than go with --forget; converge show RUN shows one")
	case f.Forget && len(args) == 0 && f.OlderThan == "":
		return errors.New("--forget needs a RUN or --older-than TIME")
	case len(args) > 0 && f.OlderThan != "":
		return errors.New("RUN and --older-than do not go together")
	}
	return nil
}

// ForgetRuns forgets the runs that are named, or those before a time.
func ForgetRuns(ctx context.Context, env *environ.Env, f *HistoryOptions, names []string) (err error) {
	s, err := beginBare(ctx, env, "", &RunOptions{
		Site: site.Options{Root: f.Root}, State: StateOptions{Dir: f.State, LockTimeout: LockPatience}, Out: output.Options{JSON: f.JSON},
	}, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	chosen, err := chooseRuns(s.state, f, names)
	if err != nil {
		return err
	}
	ids := make([]string, len(chosen))
	lines := make([]view.Run, len(chosen))
	for i, r := range chosen {
		ids[i], lines[i] = r.ID, past.SummarizeRun(r, nil)
	}
	if err := s.state.ForgetRuns(ctx, ids); err != nil {
		return err
	}
	if err := s.forgetKept(ctx, ids); err != nil {
		return err
	}
	warnStillOwed(env, s.state, ids)
	if f.JSON {
		return view.WriteJSON(env.Out, lines...)
	}
	return view.Forgotten(env.Out, ids)
}

// forgetKept removes what forgotten runs have kept on the machine.
func (s *session) forgetKept(ctx context.Context, runs []string) (err error) {
	if len(runs) == 0 {
		return nil
	}
	tree, err := fsys.Open(s.site.Root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	return machine.ForgetRuns(ctx, tree, s.stateDir, runs)
}

// warnStillOwed warns of the debts of forgotten runs, which remain.
func warnStillOwed(env *environ.Env, state *journal.State, forgotten []string) {
	for _, d := range state.Owed() {
		if slices.Contains(forgotten, d.Run) {
			env.Warn(fmt.Sprintf("Run %s still owes %s %s, which the next apply delivers; converge owed --drop drops it.", d.Run, d.Target, d.Verb))
		}
	}
}

func chooseRuns(state *journal.State, f *HistoryOptions, names []string) (chosen []journal.RunSummary, err error) {
	runs, err := state.Runs()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		for _, name := range names {
			r, err := past.FindRun(runs, name)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, r)
		}
		return chosen, nil
	}
	age, err := manifest.ParseAge(f.OlderThan)
	if err != nil {
		return nil, fmt.Errorf("--older-than %w", err)
	}
	for _, r := range runs {
		if r.Err == nil && !r.Running && time.Since(r.Started) >= age {
			chosen = append(chosen, r)
		}
	}
	return chosen, nil
}

// forgetOldRuns removes history older than the site's retention, unless runs are due to be taken back. An error here
// does not make a successful run a failure.
func (s *session) forgetOldRuns(ctx context.Context) {
	set := s.site.Settings
	keep := journal.Retention{Runs: set.Keep, Secrets: journal.MaxSecrets}
	if set.KeepSecrets != nil {
		keep.Secrets = *set.KeepSecrets
	}
	runs, err := s.state.Forget(ctx, s.id, keep)
	warnOf(s, errors.Join(err, s.forgetKept(ctx, runs)))
}

// warnOf reports an error of work after a run as a warning.
func warnOf(s *session, err error) {
	if err != nil {
		s.sinks.Emit(event.Event{Type: event.Warning, Time: time.Now(), Message: err.Error()})
	}
}
