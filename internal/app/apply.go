package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/machine"
	"converge/internal/app/ownership"
	"converge/internal/app/savedplan"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

func Apply(ctx context.Context, env *environ.Env, path string, f *ApplyOptions) (err error) {
	if left, err := leaveToManager(ctx, env, &f.RunOptions); left {
		return err
	}
	rep, err := openReport(ctx, env, "apply", path, &f.RunOptions)
	if err != nil {
		return err
	}
	var s *session
	defer func() { err = rebootHost(ctx, s, err) }()
	defer func() { err = rep.write(ctx, err) }()
	saved, err := savedplan.Read(path)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := savedplan.CheckFlags(f.Given); err != nil {
			return err
		}
		f.adoptPlan(saved)
		path = saved.Path
	} else if path, err = f.locate(ctx, env, path); err != nil {
		return err
	}
	s, err = beginSession(ctx, env, "apply", path, &f.RunOptions, f.Confirm)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	rebooting{s}.restrict(f, saved != nil)
	if err := s.planKeeper().CheckUnused(saved); err != nil {
		return err
	}
	if done, err := (rollbacks{s}).finishTakeBack(ctx, f.Confirm); err != nil {
		return err
	} else if done != nil {
		s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: "apply", Total: s.countResources()})
	}
	run, err := s.startRun(ctx, path, saved)
	if err != nil {
		return err
	}
	if err := s.machine.Reboots.TakeUp(ctx); err != nil {
		return err
	}
	o := s.engineOptions()
	o.Journal, o.Run = run, run.ID
	o.Inputs = func(ctx context.Context) (engine.Inputs, error) { return s.findAltered(ctx, path) }
	run.Undeclare(ownership.ListPutBack(o.Orphans))
	seen := &savedplan.Forecasts{Sink: s.sinks}
	if saved != nil {
		o.Events = seen
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := s.planKeeper().CheckFresh(ctx, saved, p, seen); err != nil {
			return err
		}
		o.Saved, o.Expect = saved.ByAddr()
		if saved.Key != "" {
			o.Seal = s.state.Seal
		}
	}
	o.Events = s.sinks
	if f.Confirm && hasPending(p.Counts) {
		if err := environ.Confirm(ctx, s.tookBack); err != nil {
			return err
		}
	}
	err = s.applyPlan(ctx, o, p, run)
	if s.due == nil {
		return err
	}
	return errors.Join(rollbacks{s}.takeBackRuns(ctx, s.due, false), err)
}

// startRun opens the run in the journal, makes what it works with, and clears up
// after runs that were killed.
func (s *session) startRun(ctx context.Context, path string, saved *savedplan.Plan) (*journal.Run, error) {
	info := journal.RunInfo{Manifest: cmp.Or(s.flags.Site.Origin, path), Site: s.id.Name}
	if saved != nil {
		info.Plan = saved.ID
	}
	return s.startRunOf(ctx, info, s.resolveNames)
}

// runInfo adds the user and the command to a run's own information.
func (s *session) runInfo(info journal.RunInfo) journal.RunInfo {
	info.Args, info.Version, info.User = s.env.CommandLine(), s.env.Version(), s.env.Caller()
	return info
}

// startRunOf is startRun with a run's own information. resolve resolves the site's
// names.
func (s *session) startRunOf(ctx context.Context, info journal.RunInfo, resolve func(context.Context) error) (*journal.Run, error) {
	run, err := s.state.Start(ctx, s.runInfo(info))
	if err != nil {
		return nil, err
	}
	s.run = run
	if s.flags.report != nil {
		s.flags.report.Run, s.flags.report.Plan = run.ID, info.Plan
	}
	if err := s.openMachine(run.ID); err != nil {
		return nil, err
	}
	if err := resolve(ctx); err != nil {
		return nil, err
	}
	run.Site = s.owned.FindTargets()
	if s.scrub != nil {
		run.Scrub = s.scrub.String
	}
	if s.id.Name != "" {
		s.holdings = ownership.NewHoldings(s.site)
		run.SiteID, run.Links = s.id, s.holdings.FindLinks
	}
	return run, s.machine.ClearLeftovers(ctx)
}

// applyPlan applies the plan, under the journal.
func (s *session) applyPlan(ctx context.Context, o engine.Options, p *engine.Planned, run *journal.Run) error {
	failed := &recorder{Sink: o.Events, run: run}
	o.Events = failed
	res, err := engine.Apply(ctx, o, p)
	ctx = context.WithoutCancel(ctx) // what happened is to be remembered
	rerr := s.updateLedger(ctx, run, res)
	c := res.Counts
	s.run = nil
	if res.Left && err == nil {
		return errors.Join(exit.Silently(cmp.Or(res.Exit, exit.Interrupted)), failed.err)
	}
	run.SetQueued(queuedUnits(res.Queued))
	s.due = rollbacks{s}.dueAfter(res, run)
	ferr := run.Finish(ctx, res.Exit, journal.Counts{
		Changed: c.Changed(), Failed: c.Failed, Skipped: c.Skipped, Notified: c.Notified, Held: c.Held,
	})
	s.forgetOldRuns(ctx, run)
	if err == nil { // else those say the same again
		err = errors.Join(failed.err, rerr, ferr)
	}
	if err != nil {
		return exit.With(cmp.Or(res.Exit, exit.Incomplete), err)
	}
	if res.Ends {
		if err := s.machine.Reboots.Prepare(ctx); err != nil {
			return exit.With(exit.Incomplete, err)
		}
		s.reboots = true
	}
	if res.Exit == exit.OK && s.site.Root == "/" {
		if err := tool.ForgetResumes(); err != nil {
			s.sinks.EmitAs(event.Warning)(err.Error())
		}
	}
	switch {
	case res.Exit != exit.OK:
		return exit.Silently(res.Exit)
	case s.flags.Detailed && c.Changed()+c.Notified+c.Audited > 0:
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

// updateLedger updates the ledger to the manifest's declarations.
func (s *session) updateLedger(ctx context.Context, run *journal.Run, res engine.Result) error {
	if s.holdings != nil {
		if err := run.Hold(ctx, s.holdings.List()); err != nil {
			return err
		}
	}
	if _, err := journal.ForgetThings(ctx, run, res.Forgotten); err != nil {
		return err
	}
	if err := s.recalls.record(ctx, run); err != nil {
		return err
	}
	if err := (rollbacks{s}).recordAsked(ctx, run, res); err != nil {
		return err
	}
	if err := run.LetGo(ctx, res.LetGo); err != nil {
		return err
	}
	released := res.Released
	if s.ownerless != nil {
		// What a run about no site makes is not counted as declared.
		for _, key := range s.site.Identity.Keys() {
			if !s.ownerless[key] {
				released = append(released, key)
			}
		}
	}
	return run.Release(ctx, released)
}

// recorder passes the events of an apply on, and has the journal remember what
// failed, was skipped or is held back, and why.
type recorder struct {
	event.Sink
	run *journal.Run

	mu  sync.Mutex
	err error // the first that the journal could not take
}

// Emit implements event.Sink.
func (r *recorder) Emit(e event.Event) {
	r.Sink.Emit(e)
	f := journal.Failure{Resource: e.Resource, Error: e.Error}
	switch e.Type {
	case event.Failed:
	case event.Held:
		f.Verb = e.Verb
	case event.Skipped:
		f.Behind = e.Causes
	default:
		return
	}
	if err := r.run.Fail(f); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.err == nil {
			r.err = err
		}
	}
}

// abandonRun records how a run ended that met an error before anything was done.
func (s *session) abandonRun(err error) {
	if s.run == nil || err == nil {
		return
	}
	// The caller returns the error; the journal keeps a copy of it.
	code, why := exit.CodeOf(err), err.Error()
	if code == exit.Interrupted {
		why = "interrupted"
	}
	_ = s.run.Abandon(code, why)
}

// leaveToManager reports whether this run must not begin: it is part of a unit that
// a package's script is restarting, and waits for. The script would wait for
// this run, and this run for the lock that the package manager has meanwhile. The
// unit is started again when that has ended. That is no failure: the script would take
// it for its own.
func leaveToManager(ctx context.Context, env *environ.Env, f *RunOptions) (bool, error) {
	if f.Site.Root != "" && f.Site.Root != "/" {
		return false, nil
	}
	unit, holder, blocked := tool.Blocked(machine.PackageLocks()...)
	if !blocked {
		return false, nil
	}
	how := "it is started again when that has ended"
	if err := tool.Resume(ctx, unit, holder); err != nil {
		how = err.Error() + "; run it again"
	}
	env.Warn(fmt.Sprintf("Nothing was done: process %d changes packages, and one of their scripts restarts %s, of which this run is part; %s.", holder, unit, how))
	return true, nil
}
