package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/providers/apt"
	"converge/internal/resource"
)

func apply(ctx context.Context, env *environ.Env, path string, f *applyOptions) (err error) {
	if left, err := leaveToApt(ctx, env, &f.runOptions); left {
		return err
	}
	saved, err := readPlan(path)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := saved.overrides(f); err != nil {
			return err
		}
		path = saved.Path
	}
	s, err := beginSession(ctx, env, "apply", path, &f.runOptions, f.confirm)
	defer func() { err = s.close(err) }()
	if err != nil {
		return err
	}
	if err := s.unused(saved); err != nil {
		return err
	}
	run, err := s.start(ctx, path, saved)
	if err != nil {
		return err
	}
	o := s.options()
	o.Journal, o.Run = run, run.ID
	o.Inputs = func(ctx context.Context) ([]string, error) { return s.altered(ctx, path) }
	seen := &forecasts{Sink: s.sinks}
	if saved != nil {
		o.Events = seen
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := s.fresh(ctx, saved, p, seen); err != nil {
			return err
		}
		o.Expect, o.Saved = saved.fingerprints(), saved.byAddr()
		if saved.Key != "" {
			o.Seal = s.state.Seal
		}
	}
	o.Events = s.sinks
	if f.confirm && pending(p.Counts) {
		if err := environ.Confirm(ctx); err != nil {
			return err
		}
	}
	return s.apply(ctx, o, p, run)
}

// start opens the run in the journal, makes what it works with, and clears up
// after runs that were killed.
func (s *session) start(ctx context.Context, path string, saved *savedPlan) (*journal.Run, error) {
	info := journal.RunInfo{Manifest: path, Site: s.id.Name}
	if saved != nil {
		info.Plan = saved.ID
	}
	return s.startRun(ctx, info, s.tellThings)
}

// runInfo adds the user and the command to a run's own information.
func (s *session) runInfo(info journal.RunInfo) journal.RunInfo {
	info.Args, info.Version, info.User = s.env.CommandLine(), s.env.Version(), s.env.Caller()
	return info
}

// startRun is start, with a run's own information. tell resolves the site's
// names.
func (s *session) startRun(ctx context.Context, info journal.RunInfo, tell func(context.Context) error) (*journal.Run, error) {
	run, err := s.state.Start(ctx, s.runInfo(info))
	if err != nil {
		return nil, err
	}
	s.run = run
	if err := s.equip(run.ID); err != nil {
		return nil, err
	}
	if err := tell(ctx); err != nil {
		return nil, err
	}
	run.Site = s.findTold()
	if s.scrub != nil {
		run.Scrub = s.scrub.String
	}
	if s.id.Name != "" {
		s.holdings = newHoldings(s.site)
		run.SiteID, run.Links = s.id, s.holdings.of
	}
	return run, s.recover(ctx)
}

// apply applies the plan, under the journal.
func (s *session) apply(ctx context.Context, o engine.Options, p *engine.Planned, run *journal.Run) error {
	failed := &recorder{Sink: o.Events, run: run}
	o.Events = failed
	res, err := engine.Apply(ctx, o, p)
	ctx = context.WithoutCancel(ctx) // what happened is to be remembered
	rerr := s.remember(ctx, run, res)
	c := res.Counts
	s.run = nil
	if res.Left && err == nil {
		return errors.Join(exit.Silently(cmp.Or(res.Exit, exit.Interrupted)), failed.err)
	}
	run.SetQueued(queuedUnits(res.Queued))
	ferr := run.Finish(ctx, res.Exit, journal.Counts{
		Changed: c.Changed(), Failed: c.Failed, Skipped: c.Skipped, Notified: c.Notified, Held: c.Held,
	})
	s.forget(ctx, run)
	if err == nil { // else those say the same again
		err = errors.Join(failed.err, rerr, ferr)
	}
	if err != nil {
		return exit.With(cmp.Or(res.Exit, exit.Incomplete), err)
	}
	if res.Exit == exit.OK && s.site.root == "/" {
		if err := apt.ForgetResumes(); err != nil {
			s.tell(event.Warning)(err.Error())
		}
	}
	switch {
	case res.Exit != exit.OK:
		return exit.Silently(res.Exit)
	case s.flags.detailed && c.Changed()+c.Notified > 0:
		return exit.Silently(exit.Changes)
	}
	return nil
}

// queuedUnits names the units whose jobs a run left in a queue.
func queuedUnits(qs []resource.Queued) []string {
	units := make([]string, len(qs))
	for i, q := range qs {
		units[i] = strings.TrimPrefix(q.Key, "unit:")
	}
	return units
}

// remember updates the ledger to the manifest's declarations.
func (s *session) remember(ctx context.Context, run *journal.Run, res engine.Result) error {
	if s.holdings != nil {
		if err := run.Hold(ctx, s.holdings.all()); err != nil {
			return err
		}
	}
	if err := run.LetGo(ctx, res.LetGo); err != nil {
		return err
	}
	return run.Release(ctx, append(res.Released, s.passing()...))
}
