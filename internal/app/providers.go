package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"converge/internal/app/kinds"
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

// openMachine makes what observes and changes the tree below the root, for a run of
// that name ("": it will only look). Making it costs next to nothing: each
// provider reads its source of truth when it is first asked.
func (s *session) openMachine(run string) error {
	fs, err := fsys.Open(s.site.Root)
	if err != nil {
		return err
	}
	s.fs = fs
	users := userdb.New(s.site.Root)
	fo := files.Options{Stop: s.stop, FS: fs, People: users, RunID: run, Ledger: writtenTo{s}}
	if run != "" {
		fo.Keep = s.state
	}
	p := files.New(fo)
	s.files = p
	// To these, 0 is their own default; from here it means not to wait.
	patience := max(s.flags.State.LockTimeout, time.Millisecond)
	packages, err := apt.New(apt.Options{
		Root: s.site.Root, LockTimeout: patience, MaxAge: s.site.Settings.MaxAge,
		Progress: s.emitAs(event.Progress), Waiting: s.emitAs(event.Waiting), Notice: s.emitAs(event.Warning),
	})
	if err != nil {
		return err
	}
	s.services = service.New(service.Options{Root: s.site.Root})
	if st := s.state.Status(); st != nil {
		s.services.Expect(st.Queued)
	}
	if run != "" {
		for _, k := range s.state.Recovered() {
			s.services.FollowKilled(k.Started)
		}
	}
	packages.Declare(s.site.DeclaredPackages())
	people := accounts.New(fs, users, accounts.Options{LockTimeout: patience, Waiting: s.emitAs(event.Waiting)})
	people.Declare(s.site.Resources)
	s.people = people
	s.commands = command.New(fs, users)
	s.commands.Remember(command.Memory{
		State: s.stateDir, Waiting: s.emitAs(event.Waiting), Notice: s.emitAs(event.Warning), Seal: s.state.Seal,
	})
	farms := stow.New(stow.Options{FS: fs, LockTimeout: patience, Notice: s.emitAs(event.Warning)})
	kinds.Equip(s.site.Kinds, kinds.Providers{
		Files: p, Packages: packages, Farms: farms,
		Services: s.services, Commands: s.commands,
		Users: people.Users(), Groups: people.Groups(),
	})
	s.machine = joinMachine(s.site.Kinds, s.services, s.commands, packages, farms)
	return nil
}

// emitAs turns a provider's messages into events.
func (s *session) emitAs(as event.Type) func(msg string) {
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

// declareBelow gives directories that affect the tree below them the site's
// declarations there.
func (s *session) declareBelow() {
	if slices.ContainsFunc(s.site.Resources, reachesBelow) {
		s.declareNamed(s.site.Identity)
	}
}

// renewDeclared is declare with the links that the run has made by now.
func (s *session) renewDeclared(ctx context.Context) error {
	if s.site.Declared == nil || !slices.ContainsFunc(s.site.Resources, reachesBelow) {
		return nil
	}
	now, err := engine.Look(ctx, s.site.Declared, joinNames(s.site.Declared, s.files))
	if err != nil {
		return err
	}
	s.declareNamed(now)
	return nil
}

func (s *session) declareNamed(id *engine.Identity) {
	below := files.Site{Paths: id.Paths(), Real: id.Path, Own: s.findOwnPaths()}
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
		below.Homes = append(below.Homes, findHomes(id, r)...)
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
	return w.s.state.Wrote(w.s.site.Identity.Key(key), digest)
}

// findHomes are the directories that a resource has made besides what it is: the
// home of a user.
func findHomes(id *engine.Identity, r *resource.Resource) (homes []string) {
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
