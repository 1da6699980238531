package main

import (
	"context"
	"errors"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/accounts"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/providers/service"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// session is a site, its journal, and the views of a run.
type session struct {
	env      *environ.Env
	flags    *runOptions
	site     *site
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

	told     []*resource.Resource // targets of what is declared no more
	holdings *holdings            // what the ledger is to remember; nil: the run is about no site

	// kept is nil, or this run has no site. Except for those keys, no manifest
	// will miss what it makes.
	kept map[string]bool
}

// begin reads the site, opens the views and the state folder. The caller equips
// the session, and closes it whatever the error.
func beginSession(ctx context.Context, env *environ.Env, mode, path string, f *runOptions, showPlan bool) (*session, error) {
	s := &session{env: env, flags: f, stop: ctx.Err}
	var err error
	if s.site, err = loadSite(ctx, env, path, &f.site); err != nil {
		return s, err
	}
	if s.chosen, err = s.site.selected(f.targets); err != nil {
		return s, err
	}
	f.prune = f.prune || s.site.Settings.Prune
	if err := s.nameSite(path); err != nil {
		return s, err
	}
	if s.sinks, err = openSinks(env, &f.out, showPlan); err != nil {
		return s, err
	}
	s.strikeOut(s.site.Secrets)
	s.sinks.Emit(event.Event{Type: event.RunStarted, Version: event.Version, Mode: mode, Total: s.total()})
	if err := s.sinks.logged(); err != nil {
		return s, err // before anything is done that it could not tell
	}
	s.warnUnpruned()
	return s, s.openState(ctx, mode == "plan")
}

// openState opens the state folder, for a run with its lock.
func (s *session) openState(ctx context.Context, readOnly bool) error {
	dir, err := s.folder()
	if err != nil {
		return err
	}
	s.state, err = journal.Open(ctx, dir, journal.Options{
		ReadOnly: readOnly, LockTimeout: s.flags.state.lockTimeout,
		Waiting: func(holder string) {
			s.sinks.Emit(event.Event{Type: event.Waiting, Message: "another run holds the lock: " + holder})
		},
	})
	if errors.Is(err, journal.ErrLocked) {
		return exit.With(exit.Locked, err, "--lock-timeout waits longer")
	}
	return hinted(err, dir)
}

// folder is the state folder, which is looked for once.
func (s *session) folder() (dir string, err error) {
	if s.stateDir == "" {
		s.stateDir, err = findStateDir(s.env, s.flags.state.dir, s.flags.site.root)
	}
	return s.stateDir, err
}

// close ends the session; err is how it went so far.
func (s *session) close(err error) error {
	if s.files != nil {
		s.files.Invalidate(nil) // it keeps directories open
	}
	if s.fs != nil {
		err = errors.Join(err, s.fs.Close())
	}
	s.abandon(err)
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

func (s *session) total() int {
	if s.chosen != nil {
		return len(s.chosen)
	}
	return len(s.site.Resources)
}

// options are what the engine works on.
func (s *session) options() engine.Options {
	return engine.Options{
		Resources: s.site.Resources, Graph: s.site.graph, Targets: s.chosen, Machine: s.machine,
		Identity: s.site.identity, Owed: s.state.Owed(), Known: s.known, Claim: s.claim, Renew: s.renew, Orphans: s.orphans(), Prune: s.flags.prune, Digest: s.digest,
		Events: s.sinks, Now: clock(), Scrub: s.scrub.String, Written: s.state.Written, Lacks: s.people.Lacks,
		Unchanged: s.flags.out.verbose || s.flags.out.json || s.flags.out.jsonLog != "",
	}
}
