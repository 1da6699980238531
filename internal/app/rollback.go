package app

import (
	"context"
	"fmt"

	"converge/internal/app/environ"
	"converge/internal/app/output"
	"converge/internal/app/past"
	"converge/internal/app/undo"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
)

func Rollback(ctx context.Context, env *environ.Env, name string, f *RollbackOptions) (err error) {
	mode := "rollback"
	if f.DryRun {
		mode = "plan"
	}
	rep, err := openReport(ctx, env, mode, "", &f.RunOptions)
	if err != nil {
		return err
	}
	defer func() { err = rep.write(ctx, err) }()
	s, err := beginBare(ctx, env, mode, &f.RunOptions, f.Confirm)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	if f.DryRun {
		rollbacks{s}.warnDue()
	} else if done, err := (rollbacks{s}).finishTakeBack(ctx, f.Confirm); err != nil || done != nil && name == "" {
		return err
	} else if done != nil {
		if err := announceNext(ctx, s, mode); err != nil {
			return err
		}
	}
	taken, err := past.ChooseRun(s.state, s.site.Kind, name)
	if err != nil {
		return err
	}
	if name == "" {
		f.byDefault = taken.ID
	}
	u, err := undo.Build(s.state, taken, undo.Options{Kind: s.site.Kind, Purge: f.Purge, Force: f.Force})
	if err != nil {
		return err
	}
	s.site.Resources, s.site.Graph = u.Resources, u.Graph
	s.recalls = recallsOf(taken)
	scrubAll(s, output.FindRecorded(u.Resources))
	s.sinks.Emit(event.Event{
		Type: event.Undoes, Run: taken.ID, Message: past.JoinCommandLine(taken.Info),
		Total: len(u.Resources), Partial: u.RanCommands(taken), Notes: u.Leaves,
	})
	return s.takeBack(ctx, u, journal.RunInfo{Undoes: taken.ID, Of: taken.Info.SiteOf()}, f)
}

// takeBack plans the rollback of a run and, unless it is a dry run, applies the plan.
func (s *session) takeBack(ctx context.Context, u *undo.Reversal, info journal.RunInfo, f *RollbackOptions) error {
	run, err := s.openUndo(ctx, u, info, f.DryRun)
	if err != nil {
		return err
	}
	o := s.engineOptions(ctx)
	o.Undo, o.Orphans, o.Unreviewed, o.Claim, o.Known, o.Renew = u.Rollback, nil, nil, nil, nil, nil
	o.Owed = u.SelectDebts(s.state.Owed(), s.site.Identity.Key) // earlier debts to the same targets are settled
	if !f.DryRun {
		o.Journal, o.Run = run, run.ID
	}
	if u.IsLost() {
		o.Events = event.Discard{} // only what cannot be taken back is reported: nothing else would be done
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := u.CheckPossible(p, s.sinks); err != nil {
		return err
	}
	s.recalls.report(s.sinks)
	if err := (rollbacks{s}).namePrevious(f.byDefault, p.Counts); err != nil {
		return err
	}
	if f.DryRun {
		return f.planStatus(p.Counts)
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		return err
	}
	o.Events = s.sinks
	if f.Confirm && hasPending(p.Counts) {
		if err := environ.Confirm(ctx, s.tookBack); err != nil {
			if info.For != "" { // it stays due
				run.TakeBack = &journal.TakeBack{For: info.For, Runs: append([]string{info.Undoes}, info.Then...)}
			}
			return err
		}
	}
	s.restored = u
	return s.applyPlan(ctx, o, p, run)
}

// namePrevious names the run before one with nothing left to take back. The latter was chosen by default, and would be
// chosen again: only an operator can name the intended run.
func (s rollbacks) namePrevious(run string, c event.Counts) error {
	if run == "" || hasPending(c) || c.Failed > 0 || s.recalls.RunDetail != nil {
		return nil
	}
	before, err := past.RunBefore(s.state, s.site.Kind, run)
	if before == nil || err != nil {
		return err
	}
	s.sinks.EmitAs(event.Warning)(fmt.Sprintf("nothing is left to take back of run %s; the one before it is %s (%s): converge rollback %s takes that back",
		run, before.ID, past.JoinCommandLine(before.Info), before.ID))
	return nil
}

// openUndo opens the machine and, unless it only observes it, the run.
func (s *session) openUndo(ctx context.Context, u *undo.Reversal, info journal.RunInfo, look bool) (*journal.Run, error) {
	if look {
		if err := s.openMachine(""); err != nil {
			return nil, err
		}
		return nil, s.resolveUndoNames(ctx)
	}
	run, err := s.startRunOf(ctx, info, s.resolveUndoNames)
	if err != nil {
		return nil, err
	}
	u.RecordRestored(run, s.site.Identity.Key)
	return run, nil
}
