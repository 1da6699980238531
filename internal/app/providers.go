package app

import (
	"time"

	"converge/internal/app/kinds"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/providers/accounts"
	"converge/internal/providers/apt"
	"converge/internal/providers/command"
	"converge/internal/providers/files"
	"converge/internal/providers/kernel"
	"converge/internal/providers/service"
	"converge/internal/providers/stow"
	"converge/internal/userdb"
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
	fo := files.Options{Stop: s.stop, FS: fs, Accounts: users, RunID: run, Ledger: writtenTo{s}}
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
		Kernel: kernel.New(kernel.Options{FS: fs, Live: fs.Root() == "/"}),
	})
	s.machine = joinMachine(s.site.Kinds, s.services, s.commands, packages, farms)
	return nil
}

// emitAs turns a provider's messages into events.
func (s *session) emitAs(as event.Type) func(msg string) {
	return func(msg string) { s.sinks.Emit(event.Event{Type: as, Message: msg}) }
}
