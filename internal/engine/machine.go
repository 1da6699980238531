package engine

import (
	"context"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Machine joins what the engine asks of the machine as a whole, and of no single
// resource's provider. The wiring fills it from the providers. The zero Machine
// knows nothing, and needs nothing.
type Machine struct {
	// Followers are invalidated by every change of an Apply, whether or not the
	// site holds a resource of theirs.
	Followers []resource.Invalidator

	Finishers []Finisher
	Shippers  []Shipper

	// Derives reports, for each of the changes of a run, whether programs of the
	// machine may make a thing of it that is not there yet: systemd's generators
	// make units of files. nil: they make nothing.
	Derives func(cs []resource.Change) []bool

	Retirers []Retirer

	// Unpacked reports whether an archive has put what is at a path, below its folder. nil: no
	// archive is known.
	Unpacked func(folder, path string) bool

	// IsThere reports whether there is anything at a path now. nil: that is not known, so there may be.
	IsThere func(path string) bool
}

// Shipper is the provider of packages: it knows which keys the installed ones
// provide, which is seen only on the machine.
type Shipper interface {
	resource.Provider

	// Ships returns the keys of what the named packages contain, as far as they
	// are installed, by name of the package, sorted.
	Ships(ctx context.Context, names []string) (map[string][]string, error)

	// Runs returns the keys of what starts a program of an installed package,
	// whichever package contains it: it ends with the program.
	Runs(ctx context.Context, name string) ([]string, error)
}

// Taker is a [Shipper] that knows which files go with a package.
type Taker interface {
	// Takes returns those of the files of an installed package that go with a change which
	// removes it, as far as they are asked for, sorted.
	Takes(ctx context.Context, c resource.Change, asked func(path string) bool) ([]string, error)
}

// Retirer takes things of a kind out of service that end with others: a unit with
// its file or its package.
type Retirer struct {
	Kind *resource.Kind

	// Retiring returns the wanted values that do that: a unit is stopped, so that
	// its ExecStop runs, and disabled. It changes nothing.
	Retiring func(ctx context.Context, e resource.Ending) ([]cty.Value, error)
}

// shipperOf returns a provider as a shipper; nil if it is none.
func (m *Machine) shipperOf(p resource.Provider) Shipper {
	if s, ok := p.(Shipper); ok && slices.Contains(m.Shippers, s) {
		return s
	}
	return nil
}

// Finisher acts on what a run has changed, and judges late what the run has
// started: an init system. An error is one of the run, and no resource's.
type Finisher interface {
	// Await waits until everything that this run started can be judged: a started
	// service may die a moment later. Its error may be [resource.Verdicts], alone or
	// joined with another: that of what did not last wraps [resource.ErrShortLived].
	// The engine calls Await before it observes the whole site again.
	Await(ctx context.Context) error

	// Finish does what the changes of the run require of the machine, such as a
	// daemon-reload. The engine calls it after the last change and the last
	// notification, and again if the proof had to correct anything. Its error may be
	// [resource.Verdicts] too. It returns
	// the jobs that this run has left in a queue so far, in the order in which
	// they were made.
	Finish(ctx context.Context) (queued []resource.Queued, err error)
}

// finishes reports whether a provider is one of the finishers.
func (m *Machine) finishes(p resource.Provider) bool {
	f, ok := p.(Finisher)
	return ok && slices.Contains(m.Finishers, f)
}
