package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/providers/accounts"
	"converge/internal/providers/apt"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/providers/service"
	"converge/internal/providers/stow"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// equip makes what observes and changes the tree below the root, for a run of
// that name ("": it will only look). Making it costs next to nothing: each
// provider reads its source of truth when it is first asked.
func (s *session) equip(run string) error {
	fs, err := fsys.Open(s.site.root)
	if err != nil {
		return err
	}
	s.fs = fs
	users := userdb.New(s.site.root)
	fo := files.Options{Stop: s.stop, FS: fs, People: users, RunID: run, Ledger: writtenTo{s}}
	if run != "" {
		fo.Keep = s.state
	}
	p := files.New(fo)
	s.files = p
	// To these, 0 is their own default; from here it means not to wait.
	patience := max(s.flags.state.lockTimeout, time.Millisecond)
	packages, err := apt.New(apt.Options{
		Root: s.site.root, LockTimeout: patience, MaxAge: s.site.Settings.MaxAge,
		Progress: s.tell(event.Progress), Waiting: s.tell(event.Waiting), Notice: s.tell(event.Warning),
	})
	if err != nil {
		return err
	}
	s.services = service.New(service.Options{Root: s.site.root})
	if st := s.state.Status(); st != nil {
		s.services.Expect(st.Queued)
	}
	if run != "" {
		for _, k := range s.state.Recovered() {
			s.services.FollowKilled(k.Started)
		}
	}
	packages.Declare(s.site.declaredPackages())
	people := accounts.New(fs, users, accounts.Options{LockTimeout: patience, Waiting: s.tell(event.Waiting)})
	people.Declare(s.site.Resources)
	s.people = people
	s.commands = command.New(fs, users)
	s.commands.Remember(command.Memory{
		State: s.stateDir, Waiting: s.tell(event.Waiting), Notice: s.tell(event.Warning), Seal: s.state.Seal,
	})
	farms := stow.New(stow.Options{FS: fs, LockTimeout: patience, Notice: s.tell(event.Warning)})
	equip(s.site.kinds, providers{
		files: p, packages: packages, farms: farms,
		services: s.services, commands: s.commands,
		users: people.Users(), groups: people.Groups(),
	})
	s.machine = joinMachine(s.site.kinds, s.services, s.commands, packages, farms)
	return nil
}

// tell turns a provider's messages into events.
func (s *session) tell(as event.Type) func(msg string) {
	return func(msg string) { s.sinks.Emit(event.Event{Type: as, Message: msg}) }
}

// reachesBelow reports whether a resource affects the tree below it, and so needs
// to know the declarations there.
func reachesBelow(r *resource.Resource) bool {
	if r.Kind.Name != "directory" {
		return false
	}
	d := resource.Must[resources.DirectoryWant](r.Want)
	return d.Purge.Value || d.Recurse.Value || d.IsAbsent()
}

// declare gives directories that affect the tree below them the site's
// declarations there.
func (s *session) declare() {
	if slices.ContainsFunc(s.site.Resources, reachesBelow) {
		s.declareBy(s.site.identity)
	}
}

// renew is declare with the links that the run has made by now.
func (s *session) renew(ctx context.Context) error {
	if s.site.declared == nil || !slices.ContainsFunc(s.site.Resources, reachesBelow) {
		return nil
	}
	now, err := engine.Look(ctx, s.site.declared, joinNames(s.site.declared, s.files))
	if err != nil {
		return err
	}
	s.declareBy(now)
	return nil
}

func (s *session) declareBy(id *engine.Identity) {
	below := files.Site{Paths: id.Paths(), Real: id.Path, Own: s.ownPaths()}
	own := make(map[string]bool, len(below.Paths))
	for _, path := range below.Paths {
		own[path] = true
	}
	// What other sites declare is not undeclared, and stays.
	for _, key := range s.state.HeldByOthers(s.id, "path:") {
		path := strings.TrimPrefix(key, "path:")
		if !own[path] {
			below.Present = append(below.Present, path)
		}
		below.Paths = append(below.Paths, path)
	}
	for _, r := range s.site.Resources {
		below.Homes = append(below.Homes, homesOf(id, r)...)
		path, ok := strings.CutPrefix(id.Key(r.Key), "path:")
		switch {
		case !ok || r.Off:
		case !resource.WantsAbsent(r.Want):
			below.Present = append(below.Present, path)
		}
	}
	s.files.Declare(below)
}

// writtenTo answers by the thing what converge wrote into a path, however the
// path is spelled.
type writtenTo struct{ s *session }

// Wrote implements files.Ledger.
func (w writtenTo) Wrote(key, digest string) (same, known bool) {
	return w.s.state.Wrote(w.s.site.identity.Key(key), digest)
}

// homesOf are the directories that a resource has made besides what it is: the
// home of a user.
func homesOf(id *engine.Identity, r *resource.Resource) (homes []string) {
	if r.Off || r.Kind.Links == nil || r.Kind.Name != "user" {
		return nil
	}
	for _, key := range r.Kind.Links(r.Want).Before {
		if path, ok := strings.CutPrefix(id.Key(key), "path:"); ok {
			homes = append(homes, path)
		}
	}
	return homes
}
