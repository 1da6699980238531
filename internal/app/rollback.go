package app

import (
	"context"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/output"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/app/undo"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
)

func Rollback(ctx context.Context, env *environ.Env, name string, f *RollbackOptions) (err error) {
	if err := f.Site.Clean(); err != nil {
		return err
	}
	s := &session{env: env, stop: ctx.Err, flags: &f.RunOptions, site: &site.Site{Site: &manifest.Site{}, Root: f.Site.Root, Kinds: kinds.List(kinds.Providers{})}}
	defer func() { err = s.end(err) }()
	if s.sinks, err = output.Open(env, &f.Out, f.Confirm); err != nil {
		return err
	}
	mode := "rollback"
	if f.DryRun {
		mode = "plan"
	}
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode})
	if err := s.openState(ctx, f.DryRun); err != nil {
		return err
	}
	taken, err := past.ChooseRun(s.state, name)
	if err != nil {
		return err
	}
	u, err := undo.Build(s.state, s.site.Kind, taken, f.Purge, f.Force)
	if err != nil {
		return err
	}
	s.site.Resources, s.site.Graph = u.Resources, u.Graph
	s.scrubSecrets(nil)
	s.sinks.Emit(event.Event{Type: event.Undoes, Run: taken.ID, Message: past.JoinCommandLine(taken.Info), Total: len(u.Resources), Partial: u.RanCommands(taken), Notes: u.Leaves})
	r := &undoRun{session: s, reversal: u, options: f}
	if f.DryRun {
		return r.planUndo(ctx)
	}
	return r.applyUndo(ctx)
}

// undoRun takes a run back in a session.
type undoRun struct {
	session  *session
	reversal *undo.Reversal
	options  *RollbackOptions
}

// planUndo shows what a rollback would do.
func (r *undoRun) planUndo(ctx context.Context) error {
	if err := r.session.openMachine(""); err != nil {
		return err
	}
	if err := r.session.resolveUndoNames(ctx); err != nil {
		return err
	}
	o := r.undoOptions()
	if r.reversal.IsLost() {
		o.Events = event.Discard{} // only what cannot be taken back is reported: nothing else would be done
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := r.reversal.CheckPossible(p, r.session.sinks); err != nil {
		return err
	}
	switch {
	case p.Counts.Failed+p.Counts.Held > 0:
		return exit.Silently(exit.Incomplete)
	case r.options.Detailed && hasPending(p.Counts):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// applyUndo takes the run back.
func (r *undoRun) applyUndo(ctx context.Context) error {
	run, err := r.session.startRunOf(ctx, journal.RunInfo{Undoes: r.reversal.Run}, r.session.resolveUndoNames)
	if err != nil {
		return err
	}
	r.reversal.RecordRestored(run, r.session.site.Identity.Key)
	o := r.undoOptions()
	o.Journal, o.Run = run, run.ID
	if r.reversal.IsLost() {
		o.Events = event.Discard{}
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := r.reversal.CheckPossible(p, r.session.sinks); err != nil {
		return err
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		return err
	}
	o.Events = r.session.sinks
	if r.options.Confirm && hasPending(p.Counts) {
		if err := environ.Confirm(ctx); err != nil {
			return err
		}
	}
	return r.session.applyPlan(ctx, o, p, run)
}

// undoOptions returns the engine's options for a rollback. They include earlier
// debts to the same targets.
func (r *undoRun) undoOptions() engine.Options {
	s := r.session
	o := s.engineOptions()
	o.Undo, o.Orphans, o.Claim, o.Known, o.Renew = r.reversal.Rollback, nil, nil, nil, nil
	o.Owed = r.reversal.SelectDebts(s.state.Owed(), s.site.Identity.Key)
	return o
}
