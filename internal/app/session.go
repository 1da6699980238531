package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/kinds"
	"converge/internal/app/machine"
	"converge/internal/app/output"
	"converge/internal/app/ownership"
	"converge/internal/app/savedplan"
	"converge/internal/app/site"
	"converge/internal/app/statedir"
	"converge/internal/app/undo"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/manifest"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// session is a site, its journal, and the views of a run.
type session struct {
	env      *environ.Env
	flags    *RunOptions
	site     *site.Site
	id       journal.Site
	chosen   map[int]bool // nil: all
	sinks    *output.Sinks
	state    *journal.State
	stateDir string
	run      *journal.Run // begun and not finished
	scrub    *scrub.Scrubber
	runID    string              // of the run that this becomes; "": it becomes none, or waits for another
	stop     func() error        // why the run has to end; nil: it continues
	machine  *machine.Machine    // from openMachine on
	owned    *ownership.Ledger   // from openState on
	recalls  recalled            // what a rollback returns to the ledger
	restored *undo.Reversal      // what a rollback restores; nil: the run is not a rollback
	holdings *ownership.Holdings // what the ledger has to keep; nil: the run has no site

	noReboot string         // why no reboot follows the run; "": one may
	resume   machine.Resume // how the run continues after a reboot
	reboots  bool           // the host is rebooted when the session has ended

	tookBack  bool               // it took back runs that an earlier run had left due
	due       *journal.TakeBack  // what to take back after the apply
	opened    []*machine.Machine // for runs that took others back
	ownerless map[string]bool    // keys without an owner before a run without a site; nil: it has one
}

// beginSession reads the site, opens the views and the state folder. The caller opens the machine, and ends the
// session even after an error.
func beginSession(ctx context.Context, env *environ.Env, mode, path string, f *RunOptions, showPlan bool) (*session, error) {
	s := &session{env: env, flags: f, stop: ctx.Err}
	var err error
	f.Site.Secrets = !f.Site.IsElsewhere() // their owner is not known
	if s.site, err = site.Load(ctx, env, path, &f.Site); err != nil {
		return s, err
	}
	var behind []string
	if s.chosen, behind, err = s.site.Select(f.Targets, f.Excludes); err != nil {
		return s, err
	}
	if f.Site.Vague && s.site.Settings.Name == "" {
		return s, fmt.Errorf("cannot tell which site %s is: the query of its URL may name another site or be a token that changes; give the site a name in its manifest: settings { name = \"NAME\" }", f.Site.Origin)
	}
	f.Prune = resource.Some(f.Prune.Or(s.site.Settings.Prune))
	dir, err := s.findFolder()
	if err != nil {
		return s, err
	}
	if s.id, err = ownership.NameSite(s.site, cmp.Or(f.Site.Origin, path), dir); err != nil {
		return s, err
	}
	if err := s.openViews(showPlan); err != nil {
		return s, err
	}
	s.scrubSecrets(s.site.Secrets)
	s.resume = rebooting{s}.planResume(path)
	if err := s.openState(ctx, mode); err != nil {
		return s, err
	}
	if err := s.sinks.LogError(); err != nil {
		return s, err // before it does anything that it could not record
	}
	s.warnUnpruned()
	if len(behind) > 0 {
		s.sinks.Emit(event.Event{Type: event.Warning, Message: describeBehind(behind)})
	}
	return s, nil
}

// beginBare begins a session that reads no manifest. mode "" means that it is not a run, and is not shown as one. The
// caller ends the session even after an error.
func beginBare(ctx context.Context, env *environ.Env, mode string, f *RunOptions, showPlan bool) (*session, error) {
	s := &session{env: env, flags: f, stop: ctx.Err, noReboot: noRebootHere}
	err := f.Site.Clean()
	if err != nil {
		return s, err
	}
	s.site = &site.Site{Site: &manifest.Site{}, Root: f.Site.Root, Kinds: kinds.New()}
	if err := s.openViews(showPlan); err != nil {
		return s, err
	}
	if note := statedir.NoteMachine(env, f.State.Dir, f.Site.Root); note != "" {
		env.Warn(note)
	}
	return s, s.openState(ctx, mode)
}

// openViews opens the views of the run, its report included.
func (s *session) openViews(showPlan bool) (err error) {
	if s.sinks, err = output.Open(s.env, &s.flags.Out, showPlan); err == nil && s.flags.report != nil {
		s.sinks.Add(s.flags.report)
	}
	if o := &s.flags.Site; err == nil && o.IsElsewhere() && !o.Tree {
		s.sinks.Rename(strings.NewReplacer(o.Root+"/", "/", o.Root, "the tree"))
	}
	return err
}

// openState opens the state folder, for a run with its lock, and begins the stream of events. A run that has to wait
// for another one begins the stream before that, and has no id by then, because the order of ids is that in which runs
// got the lock.
func (s *session) openState(ctx context.Context, mode string) error {
	dir, err := s.findFolder()
	if err != nil {
		return err
	}
	announced := mode == "" // without a run there is no stream
	announce := func() {
		if !announced {
			announced = true
			announceRun(s, mode)
		}
	}
	s.state, err = journal.Open(ctx, dir, journal.Options{
		ReadOnly: mode == "plan" || mode == "check", LockTimeout: s.flags.State.LockTimeout,
		Waiting: func(holder string) {
			announce()
			s.sinks.Emit(event.Event{Type: event.Waiting, Message: "another run holds the lock: " + holder})
		},
	})
	if err == nil && !announced && (mode == "apply" || mode == "rollback") {
		s.runID, err = journal.NameRun(ctx, s.state)
	}
	announce()
	s.owned = &ownership.Ledger{State: s.state, Site: s.site, ID: s.id}
	if errors.Is(err, journal.ErrLocked) {
		return exit.With(exit.Locked, err, "--lock-timeout waits longer")
	}
	return statedir.HintDamage(err, dir)
}

// mostBehind is how many of the resources are named that --exclude also omits.
const mostBehind = 5

// describeBehind names the resources that are omitted because they depend on an excluded one.
func describeBehind(names []string) string {
	more := ""
	if n := len(names) - mostBehind; n > 0 {
		names, more = names[:mostBehind], fmt.Sprintf(" and %d more", n)
	}
	return "left out too, because they depend on what --exclude names: " + strings.Join(names, ", ") + more
}

// announceRun begins the stream of events of a run.
func announceRun(s *session, mode string) {
	flat := mode != "rollback" && !slices.ContainsFunc(s.site.Resources, func(r *resource.Resource) bool { return r.Addr.Module != "" })
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode, Run: s.runID, Flat: flat, Total: s.countResources()})
}

// announceNext begins a new stream for a run that follows others in the same command.
func announceNext(ctx context.Context, s *session, mode string) (err error) {
	if s.runID, err = journal.NameRun(ctx, s.state); err == nil {
		announceRun(s, mode)
	}
	return err
}

// findFolder returns the state folder, and searches for it only once.
func (s *session) findFolder() (dir string, err error) {
	if s.stateDir == "" {
		s.stateDir, err = statedir.Find(s.env, s.flags.State.Dir, s.flags.Site.Root)
	}
	return s.stateDir, err
}

// end ends the session; err is its result so far.
func (s *session) end(err error) error {
	if s.machine != nil {
		err = errors.Join(err, s.machine.Close())
	}
	s.abandonRun(err)
	if s.flags.report != nil {
		s.flags.report.observe(s)
	}
	if s.state != nil {
		err = errors.Join(err, s.state.Close())
	}
	if s.sinks != nil {
		err = s.env.WithLostLog(err, s.sinks.Close())
	}
	for _, m := range s.opened {
		m.CloseServices()
	}
	if s.machine != nil && !s.reboots {
		s.machine.CloseServices()
	}
	return err
}

func (s *session) countResources() int {
	if s.chosen != nil {
		return len(s.chosen)
	}
	return len(s.site.Resources)
}

// openMachine opens the tree below the root for observation and, with the name of a run, for changes ("": only
// observation).
func (s *session) openMachine(run string) (err error) {
	s.machine, err = machine.Open(machine.Options{
		Site: s.site, ID: s.id, State: s.state, StateDir: s.stateDir, StateNamed: s.flags.State.Dir != "",
		LockTimeout: s.flags.State.LockTimeout, Run: run, Stop: s.stop, Sinks: s.sinks,
		NoReboot: s.noReboot, Resume: s.resume, Elsewhere: describeElsewhere(s.site, &s.flags.Site),
	})
	return err
}

// scrubSecrets removes the site's secrets, and those that evaluation met, from everything that is shown or recorded
// from now on.
func (s *session) scrubSecrets(met scrub.Words) {
	scrubAll(s, output.FindSecrets(met, s.site.Resources))
}

// scrubAll removes secrets from everything that a session shows or records from now on.
func scrubAll(s *session, with *scrub.Scrubber) {
	s.scrub, s.env.Scrub = with, with
	s.sinks.Scrub(with)
}

// planKeeper saves and checks plans of the session's site.
func (s *session) planKeeper() *savedplan.Keeper {
	return &savedplan.Keeper{Env: s.env, Site: s.site, State: s.state, StateDir: s.stateDir, Scrub: s.scrub}
}

// warnUnpruned warns that --prune was given and nothing can be pruned.
func (s *session) warnUnpruned() {
	var msg string
	switch {
	case !s.flags.Prune.Value:
		return
	case s.id.Name == journal.NoSite:
		msg = "nothing is pruned: a manifest from standard input that has no name has no memory to prune by; settings { name = \"…\" } gives it one"
	case s.chosen != nil:
		msg = "nothing is pruned: this run is about what --target or --exclude chooses"
	default:
		return
	}
	s.sinks.Emit(event.Event{Type: event.Warning, Message: msg})
}

// engineOptions returns the options for the engine.
func (s *session) engineOptions(ctx context.Context) engine.Options {
	orphans, more := s.owned.FindOrphans(s.chosen != nil, s.flags.Prune.Value)
	o := engine.Options{
		Resources: s.site.Resources, Graph: s.site.Graph, Targets: s.chosen,
		Identity: s.site.Identity, Owed: oweNoForgotten(s.state.Owed(), orphans), Known: s.owned.FindRecorded, Claim: s.owned.ClaimDebt,
		Protected: s.state.LedgerOf(s.id).ListProtected(s.site.Identity.Declares), ProtectedAs: s.owned.ListProtectors(), Remarks: s.owned.NoteDropped(),
		Orphans: orphans, Unreviewed: more, Prune: s.flags.Prune.Value,
		Events: s.sinks, Scrub: s.scrub.String, Written: s.state.Written,
		Unchanged: s.flags.Out.Verbose || s.flags.Out.JSON || s.flags.Out.JSONLog != "" || s.flags.unchanged,
	}
	s.machine.Fill(ctx, &o)
	return o
}
