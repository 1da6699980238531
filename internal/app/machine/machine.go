// Package machine opens a machine, or a tree below a root, for a run: the providers that observe and change it, joined
// to what the engine asks of them as a whole, with the site's declarations and the journal that they need. Start with
// [Open]. It decides no change: package engine does.
package machine

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"converge/internal/app/kinds"
	"converge/internal/app/output"
	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/providers/access"
	"converge/internal/providers/accounts"
	"converge/internal/providers/archives"
	"converge/internal/providers/command"
	"converge/internal/providers/debconf"
	"converge/internal/providers/edit"
	"converge/internal/providers/files"
	"converge/internal/providers/kernel"
	"converge/internal/providers/mounts"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/probe"
	"converge/internal/providers/reboot"
	"converge/internal/providers/repository"
	"converge/internal/providers/stow"
	"converge/internal/providers/system"
	"converge/internal/providers/units"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/internal/verify"
)

// Options describe the purpose for which a machine is opened.
type Options struct {
	Site        *site.Site
	ID          journal.Site
	State       *journal.State
	StateDir    string
	StateNamed  bool          // --state sets it
	LockTimeout time.Duration // how long providers wait for the locks of other programs
	Run         string        // "": the machine is only looked at
	Stop        func() error  // why the run has to end; nil: it continues
	Sinks       *output.Sinks

	// Elsewhere contains the facts of another machine, for which only a plan is made. nil: it is this one, or a tree
	// that this one changes.
	Elsewhere *Elsewhere

	NoReboot string // why no reboot follows the run, in a clause; "": one may
	Resume   Resume
}

// Machine observes and changes the tree below the root of a site.
type Machine struct {
	Options

	// Reboots carries out the requested reboot at the end of a run. It replaces [Machine.CloseServices], because a
	// reboot restarts the unit of the run, too.
	Reboots *reboot.Provider

	// Commands runs the commands of the site.
	Commands *command.Provider

	own      ownFolder
	tree     *fsys.FS
	sources  map[string]string       // the physical paths of sources, by path
	now      func() resource.Instant // the one clock of the run, because moments of the engine and of commands are compared
	files    *files.Provider
	farms    *stow.Provider
	archives *archives.Provider
	services services
	systemd  bool // systemd is the init system, or would be
	booted   bool // an init system runs the machine
	accounts *accounts.Accounts
	logins   *access.Files
	parts    *edit.Provider
	joined   engine.Machine
	served   map[string]bool // folders of versions of protected packages of symlink farms
	closers  []io.Closer     // they keep files open, or what was fetched for a plan
}

// Open opens the tree and makes the providers. Making them costs next to nothing: each reads its source of truth at
// its first use. The caller closes the machine, and then its services.
func Open(o Options) (*Machine, error) {
	tree, err := fsys.Open(o.Site.Root)
	if err != nil {
		return nil, err
	}
	tree.KeepFolders(folderNotes{o.State, func(key string) bool { return o.Site.Identity != nil && o.Site.Identity.Declares(key) }})
	m := &Machine{Options: o, tree: tree, now: newClock(), served: map[string]bool{}, own: ownFolder{root: o.Site.Root, dir: o.StateDir, byDefault: !o.StateNamed}}
	if err := m.makeProviders(); err != nil {
		return nil, errors.Join(err, tree.Close())
	}
	return m, nil
}

// leaveLive removes the managed attributes that describe running things, if nothing runs from the root.
func leaveLive(root string, rs []*resource.Resource) {
	if root == "/" {
		return
	}
	for _, r := range rs {
		r.Want = r.Kind.WithoutLive(r.Want)
		r.KeepLinks() // the kept ones belong to the previous value
	}
}

func (m *Machine) makeProviders() error {
	leaveLive(m.tree.Root(), m.Site.Resources)
	root, progress, waiting, warning := m.Site.Root, m.Sinks.EmitAs(event.Progress), m.Sinks.EmitAs(event.Waiting), m.Sinks.EmitAs(event.Warning)
	// These treat 0 as their own default; here it means not to wait.
	patience := max(m.LockTimeout, time.Millisecond)
	repositories := m.makeRepositories()
	programs := tool.Options{Root: root, LockTimeout: patience, Progress: progress, Waiting: waiting, Notice: warning}
	managers, err := m.openManagers(programs, repositories)
	if err != nil {
		return err
	}
	answers, err := debconf.New(debconf.Options{Options: programs, Configured: managers.configured, Recorded: recordedAnswers(m)})
	if err != nil {
		return err
	}
	users := userdb.New(root)
	checks := makeChecks(m)
	m.makeFiles(users, checks)
	m.archives = archives.New(archives.Options{FS: m.tree, Accounts: users, State: m.StateDir, RunID: m.Run})
	if err := m.makeServices(); err != nil {
		return err
	}
	m.logins = m.makeAccess(users)
	parts := edit.New(edit.Options{FS: m.tree, RunID: m.Run, Ledger: writtenTo{m.State, m.Site}, Checks: checks, Beside: m.files, Access: m.logins})
	parts.Declare(m.Site.Resources)
	m.parts = parts
	m.closers = append(m.closers, edit.Closer(parts))
	m.accounts = accounts.New(m.tree, users, accounts.Options{Elsewhere: m.Elsewhere != nil, LockTimeout: patience, Waiting: waiting, Keys: access.NewUserKeys(m.logins, parts)})
	m.accounts.Declare(m.Site.Resources)
	makeCommands(m, users)
	m.Commands.Remember(command.Memory{State: m.StateDir, Waiting: waiting, Notice: warning, Seal: m.State.Seal, Site: m.ID.Name})
	unitFiles := m.makeUnits()
	m.Reboots = newReboots(m)
	m.farms = stow.New(stow.Options{FS: m.tree, LockTimeout: patience, Notice: warning})
	kinds.Equip(m.Site.Kinds, kinds.Providers{
		Files: m.files, Archives: m.archives, Packages: managers.own, Managers: managers.named, Farms: m.farms,
		Services: m.services, Units: unitFiles, Timers: m.makeTimers(unitFiles), Commands: m.Commands,
		Users: m.accounts.Users(), Groups: m.accounts.Groups(),
		Kernel:       kernel.New(m.kernelOptions()),
		Modules:      kernel.NewModules(kernel.ModuleOptions{Options: m.kernelOptions(), Boot: m.now().Boot}),
		Parts:        parts,
		Mounts:       mounts.New(m.mountOptions()),
		Repositories: repositories,
		Answers:      answers,
		Probes:       probe.New(probe.Options{FS: m.tree, Commands: m.Commands, Services: m.services, Booted: m.booted, Now: m.now}),
		Reboots:      m.Reboots,
		Timezone:     system.NewTimezone(m.tree),
		Hostname:     system.NewHostname(system.HostnameOptions{FS: m.tree, Live: m.tree.Root() == "/"}),
		Locales:      system.NewLocales(system.LocaleOptions{FS: m.tree, Ledger: writtenTo{m.State, m.Site}}),
	})
	m.joined = joinMachine(m.Site.Kinds, m.services, m.Commands, append(managers.shippers, m.farms)...)
	m.joined.Forbids = forbid(m)
	m.joined.Brings = nameBringer(m, managers.name)
	m.joined.Unpacked, m.joined.IsThere, m.joined.FindMissing = linkProtector{m}.hasInside, IsThere(m), FindMissing(m)
	return nil
}

func (m *Machine) kernelOptions() kernel.Options {
	return kernel.Options{FS: m.tree, Live: m.tree.Root() == "/", Systemd: m.systemd, Ledger: writtenTo{m.State, m.Site}}
}

func (m *Machine) makeRepositories() *repository.Provider {
	o := repository.Options{FS: m.tree}
	if m.Run != "" {
		o.Keep = m.State
	}
	p := repository.New(o)
	p.Declare(m.Site.Resources)
	return p
}

func (m *Machine) makeFiles(users *userdb.DB, checks *verify.Checker) {
	fo := files.Options{Stop: m.Stop, FS: m.tree, Accounts: users, RunID: m.Run, Ledger: writtenTo{m.State, m.Site}, Checks: checks}
	if m.Run != "" {
		fo.Keep = m.State
	}
	m.files = files.New(fo)
}

func (m *Machine) makeAccess(users *userdb.DB) *access.Files {
	others := m.ID
	if m.Site.Declared == nil { // a rollback only declares what it takes back
		others = journal.Site{}
	}
	isForeseen := m.Site.Declared != nil && !m.Resume.Partial
	f := access.New(access.Options{FS: m.tree, Users: users, Foresee: isForeseen, OtherSites: sync.OnceValue(func() []string {
		keys, _ := m.State.LedgerOf(others).ListHeldByOthers("")
		return slices.DeleteFunc(keys, func(key string) bool { return !strings.Contains(key, "#authorized_key ") })
	})})
	f.Declare(m.Site.Resources)
	return f
}

func (m *Machine) makeUnits() *units.Provider {
	p := units.New(units.Options{FS: m.tree, Files: m.files.Apart(), Live: m.tree.Root() == "/", Dropped: func() []units.Restart { return listDropped(m) }})
	p.Declare(m.Site.Resources)
	return p
}

func (m *Machine) makeTimers(files *units.Provider) *units.Timers {
	o := units.TimerOptions{Units: files}
	if m.systemd {
		o.Services, _ = m.services.(units.Services)
	}
	if m.Run != "" {
		o.Keep = m.State
	}
	return units.NewTimers(o)
}

// Fill sets the machine's part of the engine's options.
func (m *Machine) Fill(ctx context.Context, o *engine.Options) {
	linkProtector{m}.protectLinks(ctx, o)
	o.Machine, o.Lacks, o.Digest, o.Renew, o.Now = m.joined, m.accounts.Lacks, m.DigestPath, m.renewDeclared, m.now
}

// AdoptNames makes the ledger and the directories with purge use the site's names, which have been resolved.
func (m *Machine) AdoptNames(ctx context.Context) {
	m.Site.Identity.LookWith(ctx, spotWith(m.files))
	m.State.LedgerOf(m.ID).Rename(m.Site.Identity)
	m.declareBelow(ctx)
}

// RefuseOwn refuses resources that manage anything in the state folder.
func (m *Machine) RefuseOwn(rs []*resource.Resource) error { return m.own.refuseOwn(rs) }

// maxText is the size in bytes of the largest file with parts.
const maxText = 16 << 20

// ReadText returns the content of a file that can have parts, given by its path in manifests; nil: it cannot be read.
func ReadText(m *Machine, path string) []byte {
	text, err := m.tree.ReadFile(resource.DecodeBytes(path), maxText)
	if err != nil {
		return nil
	}
	return text
}

// Close closes the tree.
func (m *Machine) Close() error {
	m.files.Invalidate(nil) // it keeps directories open
	var errs []error
	for _, c := range m.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, m.tree.Close())...)
}

// CloseServices is the last step of a run: it may end the unit that the run is
// part of.
func (m *Machine) CloseServices() { m.services.Close() }
