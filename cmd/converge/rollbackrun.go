package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/notify"
	"converge/internal/resource"
)

func rollback(ctx context.Context, env *environ.Env, name string, f *rollbackOptions) (err error) {
	if err := f.site.clean(); err != nil {
		return err
	}
	s := &session{env: env, stop: ctx.Err, flags: &f.runOptions, site: &site{Site: &manifest.Site{}, root: f.site.root, kinds: kinds(providers{})}}
	defer func() { err = s.close(err) }()
	if s.sinks, err = openSinks(env, &f.out, f.confirm); err != nil {
		return err
	}
	mode := "rollback"
	if f.dryRun {
		mode = "plan"
	}
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode})
	if err := s.openState(ctx, f.dryRun); err != nil {
		return err
	}
	past, err := chosenRun(s.state, name)
	if err != nil {
		return err
	}
	u, err := s.undoOf(past, f.purge, f.force)
	if err != nil {
		return err
	}
	s.site.Resources, s.site.graph = u.Resources, u.Graph
	s.strikeOut(nil)
	s.sinks.Emit(event.Event{Type: event.Undoes, Run: past.ID, Message: commandLine(past.Info), Total: len(u.Resources), Partial: u.ranCommands(past), Notes: u.leaves})
	if f.dryRun {
		return s.planUndo(ctx, u, f)
	}
	return s.applyUndo(ctx, u, f)
}

// planUndo shows what a rollback would do.
func (s *session) planUndo(ctx context.Context, u *undo, f *rollbackOptions) error {
	if err := s.equip(""); err != nil {
		return err
	}
	if err := s.tellUndone(ctx); err != nil {
		return err
	}
	o := s.undoOptions(u)
	if u.isLost() {
		o.Events = event.Discard{} // it is said what cannot be done, and nothing else would be
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := s.impossible(u, p); err != nil {
		return err
	}
	switch {
	case p.Counts.Failed+p.Counts.Held > 0:
		return exit.Silently(exit.Incomplete)
	case f.detailed && pending(p.Counts):
		return exit.Silently(exit.Changes)
	}
	return nil
}

// applyUndo takes the run back.
func (s *session) applyUndo(ctx context.Context, u *undo, f *rollbackOptions) error {
	run, err := s.startRun(ctx, journal.RunInfo{Undoes: u.Run}, s.tellUndone)
	if err != nil {
		return err
	}
	u.begun(run, s.site.identity.Key)
	o := s.undoOptions(u)
	o.Journal, o.Run = run, run.ID
	if u.isLost() {
		o.Events = event.Discard{}
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if err := s.impossible(u, p); err != nil {
		return err
	}
	if o.Expect, err = p.Fingerprints(); err != nil {
		return err
	}
	o.Events = s.sinks
	if f.confirm && pending(p.Counts) {
		if err := environ.Confirm(ctx); err != nil {
			return err
		}
	}
	return s.apply(ctx, o, p, run)
}

// undoOptions are the engine's options for a rollback. It includes earlier debts
// to the same targets: what the rollback delivers is settled.
func (s *session) undoOptions(u *undo) engine.Options {
	o := s.options()
	o.Undo, o.Orphans = u.Rollback, nil
	tells := map[resource.Addr]bool{}
	for _, r := range u.Resources {
		for _, n := range r.Notifies {
			tells[n.Target] = true
		}
	}
	things := map[notify.Owner]bool{}
	for _, r := range u.Resources {
		if tells[r.Addr] {
			things[notify.Debt{Target: r.Addr, Thing: r.Key}.Owner()] = true
		}
	}
	o.Claim, o.Renew = nil, nil
	o.Owed, o.Known = slices.DeleteFunc(slices.Clone(s.state.Owed()), func(d notify.Debt) bool {
		if d.Thing != "" {
			d.Thing = s.site.identity.Key(d.Thing)
		}
		return !things[d.Owner()]
	}), nil
	return o
}

// impossible reports changes that cannot be taken back: as a warning if a command
// made them or they go back with other changes, else as an error before anything
// is touched.
func (s *session) impossible(u *undo, p *engine.Planned) error {
	for _, a := range u.Untold {
		s.sinks.Emit(event.Event{Type: event.Warning, Resource: a.String(), Message: a.String() + " was told of these changes, but the journal does not say what it is: it is not told again"})
	}
	lost := p.Impossible()
	for _, l := range u.Lost {
		if errors.Is(l.Err, resource.ErrOpaque) || errors.Is(l.Err, errByOthers) || u.Force {
			s.sinks.Emit(event.Event{Type: event.Warning, Resource: l.Addr.String(), Message: fmt.Sprintf("%s: %v", l.Addr, l.Err)})
			continue
		}
		lost = append(lost, l)
	}
	if len(lost) == 0 || u.Force && len(p.Impossible()) == 0 {
		return nil
	}
	return exit.With(exit.Failure, fmt.Errorf("run %s cannot be taken back; nothing was changed:%s", u.Run, lostWords(lost)))
}
