package engine

import (
	"context"

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
}

// Finisher acts on what a run has changed, and judges late what the run has
// started: an init system. An error is one of the run, and no resource's.
type Finisher interface {
	// Await waits until everything that this run started can be judged: a started
	// service may die a moment later. The next Observe of what did not last fails
	// with an error that wraps [resource.ErrShortLived]. The engine calls Await
	// before it observes the whole site again.
	Await(ctx context.Context) error

	// Finish does what the changes of the run require of the machine, such as a
	// daemon-reload. The engine calls it after the last change and the last
	// notification, and again if the proof had to correct anything. It returns
	// the jobs that this run has left in a queue so far, in the order in which
	// they were made.
	Finish(ctx context.Context) (queued []resource.Queued, err error)
}

// finishes reports whether a provider is one of the finishers.
func (m *Machine) finishes(p resource.Provider) bool {
	for _, f := range m.Finishers {
		if any(f) == any(p) {
			return true
		}
	}
	return false
}
