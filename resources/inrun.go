package resources

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"
)

// Awaiter is a Provider whose effects can only be judged after a while: a
// service that was started may die a moment later. Await waits until all that
// this run started can be judged; the next Observe fails for what did not last.
// The engine calls it before it looks at everything once more. The
// error is one of waiting, such as the context's.
type Awaiter interface {
	Await(ctx context.Context) error
}

// ErrShortLived is wrapped by what Observe says of a thing that this run started
// and that has not lasted. What was owed to it is owed again.
var ErrShortLived = errors.New("did not last")

// Follower is a Provider that follows what other providers change in a run:
// systemd has to read its unit files again, and so do its generators with the
// files that they read. The engine calls Follow after each change and action of
// another provider, with the changes that it knows of; opaque says that there
// may be others (a package drops files, a command does anything). Finish is
// called after the last change and the last notification of a run, and once
// more if its proof had to put anything right.
// Observe may rely on Follow: it is never called by a plan.
type Follower interface {
	Follow(cs []Change, opaque bool)
	Finish(ctx context.Context) error
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

// Queuer is a Provider that may leave jobs in a queue. Queued returns those of
// this run, in the order in which they were made.
type Queuer interface {
	Queued() []Queued
}

// Retirer is a Provider of things that end when what they are made of goes: a
// unit with its file or its package. Retiring answers what to want of them so
// that they are out of service before that: stopped, so that a unit's ExecStop
// runs, and disabled. It only looks.
type Retirer interface {
	Retiring(ctx context.Context, e Ending) ([]cty.Value, error)
}

// Ending is what ends with something that goes.
type Ending struct {
	Keys []string // see [Links.Ends]

	// Without are paths that go: a unit that another file defines as well goes
	// on with that one, and is not answered.
	Without []string

	// Stays: what was decided about the thing is to stay, for its package is
	// removed and not purged: it is stopped only.
	Stays bool
}

// Container is a Provider of things that hold others: directories. Below
// returns the paths of all that lies below the thing that want names, in order;
// of what is not there or holds nothing, none.
type Container interface {
	Below(ctx context.Context, want cty.Value) ([]string, error)
}

// Destroyer is a Provider whose changes may remove more than the thing that
// they are about. Destroys returns the paths of all that a change removes
// besides, in order. It only looks.
type Destroyer interface {
	Destroys(ctx context.Context, c Change) ([]string, error)
}
