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

// applying is one apply: of a manifest, or of a saved plan.
type applying struct {
	*session
	f     *ApplyOptions
	saved *savedplan.Plan // nil: it is of a manifest
}

// Apply makes the host as the manifest at path declares it, or carries out the saved plan at path.
func Apply(ctx context.Context, env *environ.Env, path string, f *ApplyOptions) (err error) {
	if left, err := leaveToManager(ctx, env, &f.RunOptions); left {
		return err
	}
	rep, err := openReport(ctx, env, "apply", path, &f.RunOptions)
	if err != nil {
		return err
	}
	a := applying{f: f}
	defer func() { err = rebootHost(ctx, a.session, err) }()
	defer func() { err = rep.write(ctx, err) }()
	if path, err = a.readPlan(ctx, env, path); err != nil {
		return err
	}
	a.session, err = beginSession(ctx, env, "apply", path, &f.RunOptions, f.Confirm)
	defer func() { err = a.end(err) }()
	if err != nil {
		return err
	}
	return a.carryOut(ctx, path)
}

// readPlan reads the saved plan at path, if there is one, and returns the path of the manifest.
func (a *applying) readPlan(ctx context.Context, env *environ.Env, path string) (string, error) {
	var err error
	if a.saved, err = savedplan.Read(path); err != nil {
		return "", err
	}
	if a.saved == nil {
		return a.f.locate(ctx, env, path)
	}
	if err := savedplan.CheckFlags(a.f.Given); err != nil {
		return "", err
	}
	a.f.adoptPlan(a.saved)
	return a.saved.Path, nil
}

// carryOut performs the rollbacks that are due, plans, and applies the plan.
func (a *applying) carryOut(ctx context.Context, path string) error {
	rebooting{a.session}.restrict(a.f, a.saved != nil)
	if err := a.planKeeper().CheckUnused(a.saved); err != nil {
		return err
	}
	if done, err := (rollbacks{a.session}).finishTakeBack(ctx, a.f.Confirm); err != nil {
		return err
	} else if done != nil {
		if err := announceNext(ctx, a.session, "apply"); err != nil {
			return err
		}
	}
	emitOutputs(a.session)
	run, err := a.startRun(ctx, path, a.saved)
	if err != nil {
		return err
	}
	o, p, err := a.plan(ctx, run, path)
	if err != nil {
		return err
	}
	if a.f.Confirm && hasPending(p.Counts) {
		if err := environ.Confirm(ctx, a.tookBack); err != nil {
			return err
		}
	}
	if err := a.machine.Reboots.TakeUp(ctx); err != nil {
		return err
	}
	err = a.applyPlan(ctx, o, p, run)
	if a.due == nil {
		return err
	}
	err = errors.Join(rollbacks{a.session}.takeBackRuns(ctx, a.due, false), err)
	a.forgetOldRuns(ctx)
	return err
}

// plan plans the run, and returns the options for applying the plan. A saved plan that no longer holds is refused.
func (a *applying) plan(ctx context.Context, run *journal.Run, path string) (engine.Options, *engine.Planned, error) {
	o := a.engineOptions(ctx)
	noteUnmatched(a.session)
	noteFormerSites(a.session)
	o.Journal, o.Run = run, run.ID
	o.Inputs = func(ctx context.Context) (engine.Inputs, error) { return a.findAltered(ctx, path) }
	o.Brief = a.saved == nil && a.f.report == nil && a.f.Out.ShowsApplied() && !a.f.Confirm
	seen := &savedplan.Forecasts{Sink: a.sinks}
	if a.saved != nil {
		o.Events = seen
	}
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return o, p, err
	}
	run.Undeclare(p.ListPutBack())
	if a.saved == nil {
		return o, p, nil
	}
	if err := a.planKeeper().CheckFresh(ctx, a.saved, p, seen); err != nil {
		return o, nil, err
	}
	o.Saved, o.Expect = a.saved.ByAddr()
	if a.saved.Key != "" {
		o.Seal = a.state.Seal
	}
	o.Events = a.sinks
	return o, p, nil
}

// startRun opens the run in the journal, opens the machine, and clears up after killed runs.
func (s *session) startRun(ctx context.Context, path string, saved *savedplan.Plan) (*journal.Run, error) {
	from, err := ownership.Absolute(cmp.Or(s.flags.Site.Origin, path)) // later commands are started in other folders
	if err != nil {
		return nil, fmt.Errorf("cannot tell where %s is: %w", path, err)
	}
	info := journal.RunInfo{Manifest: from, Site: s.id.Name}
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

// startRunOf is startRun with a run's own information. resolve resolves the site's names.
func (s *session) startRunOf(ctx context.Context, info journal.RunInfo, resolve func(context.Context) error) (*journal.Run, error) {
	info.ID = s.runID
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
	run.MadeFor = machine.MadeForParts(s.machine)
	if s.id.Name != "" {
		s.holdings = ownership.NewHoldings(s.site)
		s.holdings.Describe, s.holdings.Former, s.holdings.Seal = run.DescribeSealed, run.Former, s.state.Seal
		run.SiteID, run.Links = s.id, s.holdings.FindLinks
	}
	return run, s.machine.ClearLeftovers(ctx)
}

// applyPlan applies the plan, under the journal.
func (s *session) applyPlan(ctx context.Context, o engine.Options, p *engine.Planned, run *journal.Run) error {
	failed := &recorder{Sink: o.Events, run: run}
	o.Events = failed
	res, err := engine.Apply(ctx, o, p)
	ctx = context.WithoutCancel(ctx) // the journal must hold what happened
	rerr := s.updateLedger(ctx, run, res)
	s.run = nil
	if res.Left && err == nil {
		return errors.Join(exit.Silently(cmp.Or(res.Exit, exit.Interrupted)), failed.err)
	}
	rerr = errors.Join(rerr, finishRun(ctx, s, run, res))
	if err == nil { // otherwise the failures repeat it
		err = errors.Join(failed.err, rerr)
	}
	if err != nil {
		return exit.With(cmp.Or(res.Exit, exit.Incomplete), err)
	}
	if res.Ends {
		if err := s.machine.Reboots.Prepare(ctx); err != nil {
			return exit.With(exit.Incomplete, err)
		}
		s.reboots = true
	} else if res.Exit == exit.OK {
		if err := s.machine.Reboots.Complete(ctx); err != nil {
			return exit.With(exit.Incomplete, err)
		}
	}
	if res.Exit == exit.OK && s.site.Root == "/" {
		if err := tool.ForgetResumes(); err != nil {
			s.sinks.EmitAs(event.Warning)(err.Error())
		}
	}
	switch c := res.Counts; {
	case res.Exit != exit.OK:
		return exit.Silently(res.Exit)
	case s.flags.Detailed && c.Changed()+c.Notified+c.Audited+c.Unobserved > 0:
		return exit.Silently(exit.Changes)
	}
	return nil
}

// finishRun ends a run in the journal, and forgets what no rollback needs any more.
func finishRun(ctx context.Context, s *session, run *journal.Run, res engine.Result) error {
	c := res.Counts
	run.SetQueued(queuedUnits(res.Queued))
	s.due = rollbacks{s}.dueAfter(res, run)
	err := run.Finish(ctx, res.Exit, journal.Counts{
		Changed: c.Changed(), Failed: c.Failed, Skipped: c.Skipped, Notified: c.Notified, Held: c.Held,
	})
	warnOf(s, run.StatusError())
	s.forgetOldRuns(ctx)
	return errors.Join(err, forgetTriggers(s, res))
}

// forgetTriggers drops, after a successful run of a whole site, the records of commands that the site no longer
// declares.
func forgetTriggers(s *session, res engine.Result) error {
	if res.Exit != exit.OK || s.chosen != nil || s.restored != nil || s.id.Name == "" || s.id.Name == journal.NoSite {
		return nil
	}
	return s.machine.Commands.ForgetTriggers(func(a resource.Addr) bool {
		_, declared := s.site.Find(a)
		return declared
	})
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
	if _, err := journal.ForgetThings(ctx, run, res.Forgotten); err != nil {
		return err
	}
	if s.holdings != nil {
		if err := run.Hold(ctx, s.holdings.List()); err != nil {
			return err
		}
	}
	if err := s.recalls.record(ctx, run); err != nil {
		return err
	}
	if err := (rollbacks{s}).recordAsked(ctx, run, res); err != nil {
		return err
	}
	if s.restored != nil && res.Exit == exit.OK {
		if err := s.restored.RecordAlong(ctx, run, s.site.Identity.Key); err != nil {
			return err
		}
	}
	if err := run.LetGo(ctx, res.LetGo); err != nil {
		return err
	}
	released := res.Released
	if s.ownerless != nil {
		// Things of a run without a site do not count as declared.
		for _, key := range s.site.Identity.Keys() {
			if !s.ownerless[key] {
				released = append(released, key)
			}
		}
	}
	return run.Release(ctx, released)
}

// recorder passes the events of an apply on, and records in the journal the failed, skipped and held resources, with
// reasons.
type recorder struct {
	event.Sink
	run *journal.Run

	mu  sync.Mutex
	err error // the first error of the journal
}

// Emit implements event.Sink.
func (r *recorder) Emit(e event.Event) {
	r.Sink.Emit(e)
	f := journal.Failure{Resource: e.Resource, Error: e.Error}
	switch e.Type {
	case event.Failed:
	case event.Held:
		f.Verb, f.Tried = e.Verb, e.Tried
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

// abandonRun records the end of a run that failed before anything was done.
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

// leaveToManager reports whether this run must not begin: it is part of a unit that a package's script is restarting
// and waits for. The script would wait for this run, and this run for the lock that the package manager holds
// meanwhile. The unit is started again when the package manager has ended. This is no failure: the script would take
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
