package resource

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"
)

// ErrShortLived is wrapped by Observe's error for a thing that this run started
// and that has not lasted. Its debts are owed again.
var ErrShortLived = errors.New("did not last")

// Foreteller tells a plan in a sentence what will be done at the end of the run
// because of a change of another provider; "" means nothing.
type Foreteller interface {
	Foretell(ctx context.Context, c Change) string
}

// Verifier is a Provider that can tell before a change whether what it is
// about to put in place is accepted by the check that the manifest names. The
// engine asks it before the before(…) notifications of the change go out. It
// changes nothing that is managed.
type Verifier interface {
	Verify(ctx context.Context, c Change) error
}

// ErrQueued is wrapped by an error of Act that means: the action was handed
// over to the init system and will happen, but not before this run has ended.
// It stays owed until a later run has seen that it happened.
var ErrQueued = errors.New("is queued until this run has ended")

// Queued is a job that was handed over to the init system and not waited for,
// because it waits for something that waits for this run.
type Queued struct {
	Key  string `json:"key"`  // "unit:nginx.service"
	Verb string `json:"verb"` // start, stop, restart, reload
	For  string `json:"for"`  // the unit that it waits for, and that waits for this run
}

// Ending is a thing that ends with the removal of another.
type Ending struct {
	Keys []string // see [Links.Ends]

	// Without are paths to be removed: a unit that another file defines too
	// keeps running with that one, and is not returned.
	Without []string

	// Stays: what was decided about the thing is to stay, for its package is
	// removed and not purged: it is stopped only.
	Stays bool
}

// Container is a Provider of things that contain others: directories. Below
// returns, in order, the paths of everything below the thing that want names;
// none if that does not exist or is empty.
type Container interface {
	Below(ctx context.Context, want cty.Value) ([]string, error)
}

// Destroyer is a Provider whose changes may remove more than the thing that
// they are about. Destroys returns the paths of all that a change removes
// besides, in order. It only looks.
type Destroyer interface {
	Destroys(ctx context.Context, c Change) ([]string, error)
}
