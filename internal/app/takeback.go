package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/ownership"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/app/undo"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/notify"
	"converge/internal/resource"
)

// rollbacks takes back runs of a session, or of earlier ones, because a resource failed.
type rollbacks struct{ *session }

// planTakeBack returns the runs to take back after a run that failed so: the run itself, and before it those that owe
// the failed check, because they were killed or interrupted before they had asked it. It omits rollbacks: taking one
// back would restore what it took back. nil: none of them changed anything.
func (s rollbacks) planTakeBack(failed resource.Addr, run *journal.Run) (*journal.TakeBack, error) {
	t := &journal.TakeBack{For: failed.String()}
	runs, err := s.state.Runs()
	if err != nil {
		return nil, err
	}
	undone := map[string]bool{}
	for _, r := range runs { // newest first
		undone[r.Info.Undoes] = true
		owes := slices.ContainsFunc(s.state.Owed(), func(d notify.Debt) bool { return d.Target == failed && d.Run == r.ID })
		cut := r.Ended.IsZero() || r.Exit == exit.Interrupted
		if r.ID != run.ID && (!owes || !cut || undone[r.ID] || r.Info.Undoes != "") {
			continue
		}
		d, err := s.state.Detail(r.ID)
		if err != nil {
			return nil, err
		}
		if d.Changed() || recallsOf(d).RunDetail != nil {
			t.Runs = append(t.Runs, r.ID)
		}
	}
	if len(t.Runs) == 0 {
		return nil, nil
	}
	return t, nil
}

// takeBackRuns takes runs back, each in a run of its own, and asks the checks of the restored things again. With
// confirm it asks a person before each; any answer but yes ends it, and the other runs stay due.
func (s rollbacks) takeBackRuns(ctx context.Context, t *journal.TakeBack, confirm bool) error {
	status := exit.OK
	for k, id := range t.Runs {
		info := journal.RunInfo{Undoes: id, For: t.For, Then: t.Runs[k+1:]}
		err := s.takeBackRun(ctx, info, confirm)
		if ctx.Err() != nil {
			return exit.Silently(exit.Interrupted) // the rest stays due
		}
		if isDeclined(err) && confirm {
			return err
		}
		s.tookBack = true
		var coded *exit.Error
		if err != nil && (!errors.As(err, &coded) || coded.Err != nil) { // otherwise its events show it
			s.reportNotTaken(t.For, id, err)
		}
		if err != nil {
			status = exit.Incomplete
		}
	}
	if status != exit.OK {
		return exit.Silently(status)
	}
	return nil
}

// isDeclined reports whether an error is the answer no to a question (see [environ.Confirm]).
func isDeclined(err error) bool {
	var coded *exit.Error
	return errors.As(err, &coded) && coded.Code == exit.Failure && coded.Err == nil
}

// reportNotTaken reports that a run could not be taken back.
func (s rollbacks) reportNotTaken(because, run string, err error) {
	now := time.Now()
	s.sinks.Emit(event.Event{
		Type: event.Failed, Time: now, Resource: because,
		Error: s.env.Scrub.Error(fmt.Errorf("what run %s changed stays: %w", run, err)).Error(),
	})
	s.sinks.Emit(event.Event{Type: event.RunFinished, Time: now, Mode: "rollback", Counts: &event.Counts{Failed: 1}, Exit: exit.Incomplete})
}

// takeBackRun takes one run back, with providers of its own.
func (s rollbacks) takeBackRun(ctx context.Context, info journal.RunInfo, confirm bool) (err error) {
	flags := *s.flags
	flags.report, flags.Detailed = nil, false
	b := &session{
		env: s.env, flags: &flags, stop: s.stop, sinks: s.sinks, state: s.state, stateDir: s.stateDir, scrub: s.scrub,
		tookBack: s.tookBack, noReboot: noRebootHere,
		site: &site.Site{Site: &manifest.Site{}, Root: s.site.Root, Kinds: kinds.New()},
	}
	b.owned = &ownership.Ledger{State: b.state, Site: b.site}
	defer func() {
		if b.machine != nil {
			err = errors.Join(err, b.machine.Close())
			s.opened = append(s.opened, b.machine)
		}
		err = errors.Join(err, rollbacks{b}.giveUp(ctx, info, err))
	}()
	if err := announceNext(ctx, b, "rollback"); err != nil {
		return err
	}
	run, err := s.state.Detail(info.Undoes)
	if err != nil {
		return err
	}
	info.Of = run.Info.SiteOf()
	u, err := rollbacks{b}.readReversal(run, info.For, s.site.Resources)
	if err != nil {
		return err
	}
	return b.takeBack(ctx, u, info, &RollbackOptions{RunOptions: flags, Confirm: confirm})
}

// readReversal reads what takes a run back. Checks come from the manifest, if it has them: the journal keeps no
// secrets.
func (s rollbacks) readReversal(run *journal.RunDetail, because string, declared []*resource.Resource) (*undo.Reversal, error) {
	u, err := undo.Build(s.state, run, undo.Options{Kind: s.site.Kind, Declared: declared, Scrub: s.scrubText(), For: because})
	if err != nil {
		return nil, err
	}
	s.site.Resources, s.site.Graph = u.Resources, u.Graph
	s.recalls = recallsOf(run)
	s.sinks.Emit(event.Event{
		Type: event.Undoes, Run: run.ID, Message: past.JoinCommandLine(run.Info), Causes: []string{because},
		Total: len(u.Resources), Partial: u.RanCommands(run), Notes: u.Leaves,
	})
	return u, nil
}

// giveUp records that a run is not taken back, if the attempt has ended with err before it recorded anything: there is
// no second attempt.
func (s rollbacks) giveUp(ctx context.Context, info journal.RunInfo, err error) error {
	var coded *exit.Error
	ran := s.run == nil && s.machine != nil
	if s.run != nil && s.run.TakeBack != nil { // declined
		s.abandonRun(err)
		s.run = nil
		return nil
	}
	if err == nil || ran || errors.As(err, &coded) && coded.Code == exit.Interrupted || ctx.Err() != nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if s.run == nil {
		run, err := s.state.Start(ctx, s.runInfo(info))
		if err != nil {
			return err
		}
		s.run = run
	}
	run := s.run
	s.run = nil
	if err := run.Fail(journal.Failure{Error: err.Error()}); err != nil {
		return err
	}
	return run.Finish(ctx, exit.Incomplete, journal.Counts{Failed: 1})
}

// finishTakeBack takes back the runs that an earlier run should have taken back, and did not, because it was killed or
// interrupted. done are the runs that it took back. With confirm it asks a person first.
func (s rollbacks) finishTakeBack(ctx context.Context, confirm bool) (done []string, err error) {
	t := s.state.DueTakeBack()
	if t == nil {
		return nil, nil
	}
	how := "; that is done now, before anything else"
	if confirm {
		how = "; that comes before anything else"
	}
	s.sinks.Emit(event.Event{Type: event.Warning, Resource: t.For, Message: describeDue(t) + how})
	return t.Runs, s.takeBackRuns(ctx, t, confirm)
}

// warnDue reports what the next apply will take back first.
func (s rollbacks) warnDue() {
	if t := s.state.DueTakeBack(); t != nil {
		s.sinks.Emit(event.Event{Type: event.Warning, Resource: t.For, Message: describeDue(t) + "; the next apply or rollback does that first"})
	}
}

func describeDue(t *journal.TakeBack) string {
	runs := "run " + t.Runs[0] + " is"
	if len(t.Runs) > 1 {
		runs = "runs " + strings.Join(t.Runs, ", ") + " are"
	}
	return fmt.Sprintf("%s to be taken back, because %s failed, and that was not finished", runs, t.For)
}

// dueAfter returns the runs to take back after an apply, and makes its run record them.
func (s rollbacks) dueAfter(res engine.Result, run *journal.Run) *journal.TakeBack {
	if res.TakeBack.IsZero() || res.Left {
		return nil
	}
	t, err := s.planTakeBack(res.TakeBack, run)
	if err != nil {
		s.sinks.EmitAs(event.Warning)("nothing is taken back: " + err.Error())
		return nil
	}
	run.TakeBack = t
	return t
}
