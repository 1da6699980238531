package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/past"
	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/notify"
	"converge/internal/resource"
)

func Rollback(ctx context.Context, env *environ.Env, name string, f *RollbackOptions) (err error) {
	if err := f.Site.Clean(); err != nil {
		return err
	}
	s := &session{env: env, stop: ctx.Err, flags: &f.RunOptions, site: &site.Site{Site: &manifest.Site{}, Root: f.Site.Root, Kinds: kinds.List(kinds.Providers{})}}
	defer func() { err = s.end(err) }()
	if s.sinks, err = openSinks(env, &f.Out, f.Confirm); err != nil {
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
	u, err := (&undoBuilder{s.state, s.site.Kind}).buildUndo(taken, f.Purge, f.Force)
	if err != nil {
		return err
	}
	s.site.Resources, s.site.Graph = u.Resources, u.Graph
	s.scrubSecrets(nil)
	s.sinks.Emit(event.Event{Type: event.Undoes, Run: taken.ID, Message: past.JoinCommandLine(taken.Info), Total: len(u.Resources), Partial: u.ranCommands(taken), Notes: u.leaves})
	r := &undoRun{session: s, undo: u, options: f}
	if f.DryRun {
		return r.planUndo(ctx)
	}
	return r.applyUndo(ctx)
}

// undoRun is a session that takes a run back.
type undoRun struct {
	*session
	undo    *undo
	options *RollbackOptions
}

// planUndo shows what a rollback would do.
func (r *undoRun) planUndo(ctx context.Context) error {
	if err := r.openMachine(""); err != nil {
		return err
	}
	if err := r.resolveUndoNames(ctx); err != nil {
		return err
	}
	o := r.undoOptions()
	if r.undo.isLost() {
		o.Events = event.Discard{} // it is said what cannot be done, and nothing else would be
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := r.reportImpossible(p); err != nil {
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
	run, err := r.startRunOf(ctx, journal.RunInfo{Undoes: r.undo.Run}, r.resolveUndoNames)
	if err != nil {
		return err
	}
	r.undo.recordRestored(run, r.site.Identity.Key)
	o := r.undoOptions()
	o.Journal, o.Run = run, run.ID
	if r.undo.isLost() {
		o.Events = event.Discard{}
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := r.reportImpossible(p); err != nil {
		return err
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		return err
	}
	o.Events = r.sinks
	if r.options.Confirm && hasPending(p.Counts) {
		if err := environ.Confirm(ctx); err != nil {
			return err
		}
	}
	return r.applyPlan(ctx, o, p, run)
}

// undoOptions are the engine's options for a rollback. It includes earlier debts
// to the same targets: what the rollback delivers is settled.
func (r *undoRun) undoOptions() engine.Options {
	o := r.engineOptions()
	o.Undo, o.Orphans = r.undo.Rollback, nil
	tells := map[resource.Addr]bool{}
	for _, res := range r.undo.Resources {
		for _, n := range res.Notifies {
			tells[n.Target] = true
		}
	}
	things := map[notify.Owner]bool{}
	for _, res := range r.undo.Resources {
		if tells[res.Addr] {
			things[notify.Debt{Target: res.Addr, Thing: res.Key}.Owner()] = true
		}
	}
	o.Claim, o.Renew = nil, nil
	o.Owed, o.Known = slices.DeleteFunc(slices.Clone(r.state.Owed()), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = r.site.Identity.Key(d.Thing)
		}
		return !things[d.Owner()]
	}), nil
	return o
}

// reportImpossible reports changes that cannot be taken back: as a warning if a command
// made them or they go back with other changes, else as an error before anything
// is touched.
func (r *undoRun) reportImpossible(p *engine.Planned) error {
	for _, a := range r.undo.UnknownTargets {
		r.sinks.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " was told of these changes, but the journal does not say what it is: it is not told again"})
	}
	lost := p.Impossible()
	for _, l := range r.undo.Lost {
		if errors.Is(l.Err, resource.ErrOpaque) || errors.Is(l.Err, errByOthers) || r.undo.Force {
			r.sinks.Emit(event.Event{Type: event.Warning, Resource: l.Addr.String(), Message: fmt.Sprintf("%s: %v", l.Addr, l.Err)})
			continue
		}
		lost = append(lost, l)
	}
	if len(lost) == 0 || r.undo.Force && len(p.Impossible()) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("run %s cannot be taken back; nothing was changed:%s", r.undo.Run, listLost(lost)))
}
