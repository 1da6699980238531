package app

import (
	"context"
	"errors"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/app/statedir"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/accounts"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/providers/service"
	"converge/internal/scrub"
)

// session is a site, its journal, and the views of a run.
type session struct {
	env      *environ.Env
	flags    *RunOptions
	site     *site.Site
	id       journal.Site
	chosen   map[int]bool // nil: all
	sinks    *sinks
	state    *journal.State
	stateDir string
	run      *journal.Run    // begun and not finished
	former   map[string]bool // keys, see hideFormer
	scrub    *scrub.Scrubber
	fs       *fsys.FS
	stop     func() error // why the run is to end, nil as long as it is not
	files    *files.Provider

	services *service.Provider  // from equip on
	commands *command.Provider  // as well
	people   *accounts.Accounts // as well
	machine  engine.Machine     // as well

	owned    *ownership // from openState on
	holdings *holdings  // what the ledger is to remember; nil: the run is about no site

	guest *guestRun // nil: the run is about a site
}

// begin reads the site, opens the views and the state folder. The caller equips
// the session, and closes it whatever the error.
func beginSession(ctx context.Context, env *environ.Env, mode, path string, f *RunOptions, showPlan bool) (*session, error) {
	s := &session{env: env, flags: f, stop: ctx.Err}
	var err error
	if s.site, err = site.Load(ctx, env, path, &f.Site); err != nil {
		return s, err
	}
	if s.chosen, err = s.site.SelectTargets(f.Targets); err != nil {
		return s, err
	}
	f.Prune = f.Prune || s.site.Settings.Prune
	if err := s.nameSite(path); err != nil {
		return s, err
	}
	if s.sinks, err = openSinks(env, &f.Out, showPlan); err != nil {
		return s, err
	}
	s.scrubSecrets(s.site.Secrets)
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode, Total: s.countResources()})
	if err := s.sinks.logError(); err != nil {
		return s, err // before anything is done that it could not tell
	}
	s.warnUnpruned()
	return s, s.openState(ctx, mode == "plan")
}

// openState opens the state folder, for a run with its lock.
func (s *session) openState(ctx context.Context, readOnly bool) error {
	dir, err := s.findFolder()
	if err != nil {
		return err
	}
	s.state, err = journal.Open(ctx, dir, journal.Options{
		ReadOnly: readOnly, LockTimeout: s.flags.State.LockTimeout,
		Waiting: func(holder string) {
			s.sinks.Emit(event.Event{Type: event.Waiting, Message: "another run holds the lock: " + holder})
		},
	})
	s.owned = &ownership{state: s.state, site: s.site, id: s.id}
	if errors.Is(err, journal.ErrLocked) {
		return exit.With(exit.Locked, err, "--lock-timeout waits longer")
	}
	return statedir.HintDamage(err, dir)
}

// findFolder is the state folder, which is looked for once.
func (s *session) findFolder() (dir string, err error) {
	if s.stateDir == "" {
		s.stateDir, err = statedir.Find(s.env, s.flags.State.Dir, s.flags.Site.Root)
	}
	return s.stateDir, err
}

// end ends the session; err is how it went so far.
func (s *session) end(err error) error {
	if s.files != nil {
		s.files.Invalidate(nil) // it keeps directories open
	}
	if s.fs != nil {
		err = errors.Join(err, s.fs.Close())
	}
	s.abandonRun(err)
	if s.state != nil {
		err = errors.Join(err, s.state.Close())
	}
	if s.sinks != nil {
		err = s.env.WithLostLog(err, s.sinks.close())
	}
	if s.services != nil {
		s.services.Close() // the last thing: it may end the unit that this run goes on in
	}
	return err
}

func (s *session) countResources() int {
	if s.chosen != nil {
		return len(s.chosen)
	}
	return len(s.site.Resources)
}

// engineOptions are what the engine works on.
func (s *session) engineOptions() engine.Options {
	return engine.Options{
		Resources: s.site.Resources, Graph: s.site.Graph, Targets: s.chosen, Machine: s.machine,
		Identity: s.site.Identity, Owed: s.state.Owed(), Known: s.owned.findRecorded, Claim: s.owned.claimDebt, Renew: newTreeDeclarer(s).renewDeclared, Orphans: s.owned.findOrphans(s.chosen != nil), Prune: s.flags.Prune, Digest: treeDigest{s.fs}.digestPath,
		Events: s.sinks, Now: newClock(), Scrub: s.scrub.String, Written: s.state.Written, Lacks: s.people.Lacks,
		Unchanged: s.flags.Out.Verbose || s.flags.Out.JSON || s.flags.Out.JSONLog != "",
	}
}
