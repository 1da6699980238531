// Package apt installs, changes and removes Debian packages.
//
// Start with [New] and [Provider]. It reads the installed packages from dpkg's
// own database, once for all packages (status.go, database.go); it asks
// `apt-get --print-uris` or `apt-get -s` for apt's plan in one call for all changes (solve.go,
// uris.go, simulate.go); it makes all of them with one `apt-get install` (transact.go),
// which it lets through to dpkg if the plan covers what apt is about to do (gate.go,
// passgate.go), between a repair of an interrupted dpkg (repair.go) and one setting of all
// holds (hold.go). It waits for locks, and names their holders (locks.go,
// package tool).
//
// It does nothing that the plan did not show: it refuses any other removal,
// downgrade or change to a held package (guard.go). It does not manage package
// sources, keys or pins, and starts and restarts no service.
package apt

import (
	"context"
	"iter"
	"sync"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

// Options select the machine of a [Provider] and how to work on it.
type Options struct {
	// Root is the tree to work on, "" or "/" for the machine itself. A tree is
	// worked on with its own apt and dpkg, by chroot, so it must have them.
	Root string

	// LockTimeout bounds the wait for another program's lock; 0 means 10
	// minutes, less than 0 no wait.
	LockTimeout time.Duration

	// MaxAge is the age from which package lists are fetched anew before apt is asked anything. nil: a day, and only
	// if the latest version is wanted.
	MaxAge *time.Duration

	// Named is whether apt is not the machine's own manager: packages name it.
	Named bool

	// Planned returns the files of repositories that other changes of the run will change, by path; nil for a file
	// that is removed. nil: a plan knows nothing of future repositories.
	Planned func(ctx context.Context, beside iter.Seq[resource.Change]) map[string][]byte

	// CheckSigned checks, after a complaint of apt-get update, that each declared repository is signed by its key, and
	// returns an error for one that is not. nil: none is declared.
	CheckSigned func(ctx context.Context) error

	// Progress receives the progress, one line at a time; nil: it is dropped. It may be called from any goroutine.
	Progress func(msg string)

	// Waiting receives the holder of a lock during the wait for it, and Notice
	// messages for a person that do not stop the work; nil: they are dropped. Both
	// may be called from any goroutine.
	Waiting, Notice func(msg string)

	run tool.Runner // runs external programs; nil: real ones
}

// Provider makes Debian packages as wanted. It serves the kind "package", and is safe for concurrent use.
type Provider struct {
	*sources
	transaction sync.Mutex // one at a time
}

// New returns a provider for the machine or for a tree. The error is that the
// tree cannot be opened.
func New(o Options) (*Provider, error) {
	to := tool.Options{Root: o.Root, LockTimeout: o.LockTimeout, Progress: o.Progress, Waiting: o.Waiting, Notice: o.Notice, Runner: o.run}
	t, err := tool.NewHost(to, family())
	if err != nil {
		return nil, err
	}
	h := &host{Host: t}
	return &Provider{sources: &sources{host: h, installed: &installed{files: t.Tree}, maxAge: tool.NewMaxAge(o.MaxAge), planned: o.Planned, checkSigned: o.CheckSigned, named: o.Named}}, nil
}

// Apply implements [resource.Provider]: a transaction of its own, which may
// remove nothing but the package itself.
func (p *Provider) Apply(ctx context.Context, c resource.Change) error {
	planned := resource.Forecast{Changes: []resource.Change{c}}
	return p.ApplyAll(ctx, []resource.Change{c}, planned).Err(0)
}
