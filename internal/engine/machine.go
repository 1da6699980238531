package engine

import (
	"context"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Machine holds what the engine asks of the machine as a whole rather than of one resource's provider. The wiring
// fills it from the providers. The zero Machine knows nothing, and needs nothing.
type Machine struct {
	// Followers are invalidated by every change of an Apply, even if the site has no resource of theirs.
	Followers []resource.Invalidator

	Finishers []Finisher
	Shippers  []Shipper

	// Derives reports, for each change of a run, whether programs of the machine may generate a missing thing from it:
	// systemd's generators make units from files. nil: they generate nothing.
	Derives func(cs []resource.Change) []bool

	// Brings returns the package that is known to bring a thing on this machine, by the key of that
	// ("program:/usr/sbin/visudo"); "" if none is. nil: nothing is known.
	Brings func(key string) string

	Retirers []Retirer

	// Unpacked reports whether an archive has put the entry at a path, below the archive's folder. nil: no archive is
	// known.
	Unpacked func(folder, path string) bool

	// IsThere reports whether something exists at a path now. nil: not known, so something may.
	IsThere func(path string) bool

	// Forbids returns why this process, which is not root's, may not make a change, as far as that is known before. nil:
	// it is root's.
	Forbids func(res *resource.Resource, c resource.Change) error

	// FindMissing returns those of paths at which nothing exists now. nil: not known, so each may be one of them.
	FindMissing func(paths []string) map[string]bool
}

// Shipper is the provider of packages: it knows which keys the installed ones provide, which only the machine shows.
type Shipper interface {
	resource.Provider

	// Ships returns the keys of the contents of the named packages, as far as they are installed, by name of the
	// package, sorted.
	Ships(ctx context.Context, names []string) (map[string][]string, error)

	// Runs returns the keys of things that start a program of an installed package, whichever package contains them:
	// they end with the program.
	Runs(ctx context.Context, name string) ([]string, error)
}

// Taker is a [Shipper] that knows which files a package's removal removes.
type Taker interface {
	// Takes returns the files of an installed package, restricted to those that asked accepts, that a change removes
	// with it, sorted.
	Takes(ctx context.Context, c resource.Change, asked func(path string) bool) ([]string, error)
}

// Retirer takes things of a kind out of service that end with others: a unit ends with its file or its package.
type Retirer struct {
	Kind *resource.Kind

	// Retiring returns the wanted values that do that: a unit is stopped, so that its ExecStop runs, and disabled. It
	// changes nothing.
	Retiring func(ctx context.Context, e resource.Ending) ([]cty.Value, error)
}

// shipperOf returns a provider as a shipper; nil if it is not one.
func (m *Machine) shipperOf(p resource.Provider) Shipper {
	if s, ok := p.(Shipper); ok && slices.Contains(m.Shippers, s) {
		return s
	}
	return nil
}

// Finisher is an init system: it acts on the changes of a run, and judges late the things that the run has started. An
// error concerns the run, not a resource.
type Finisher interface {
	// Await waits until everything that this run started can be judged: a started service may die a moment later. Its
	// error may be [resource.Verdicts], alone or joined with another; a verdict on a thing that did not last wraps
	// [resource.ErrShortLived]. The engine calls Await before it observes the whole site again.
	Await(ctx context.Context) error

	// Finish does what the changes of the run require of the machine, such as a daemon-reload. The engine calls it
	// after the last change and the last notification, and again if the proof had to correct anything. Its error may
	// be [resource.Verdicts], too. It returns the jobs that this run has left in a queue so far, in the order in which
	// they were made.
	Finish(ctx context.Context) (queued []resource.Queued, err error)
}

// finishes reports whether a provider is one of the finishers.
func (m *Machine) finishes(p resource.Provider) bool {
	f, ok := p.(Finisher)
	return ok && slices.Contains(m.Finishers, f)
}
