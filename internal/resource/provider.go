package resource

import (
	"context"
	"errors"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// Provider makes one kind of thing what it is wanted to be.
//
// Values are sparse objects: a wanted value has the attributes that are
// managed, an observed one at least those of them that could be seen. Calls
// for different resources may come at the same time.
type Provider interface {
	// Observe looks and never writes. It returns [Absent] when the thing does
	// not exist, and an error when it cannot tell. Where the live value
	// satisfies the wanted one in other words, it returns the wanted words.
	Observe(ctx context.Context, want cty.Value) (have cty.Value, err error)

	// Apply makes c.Want true. It may be called on a machine that is half or
	// wholly there already. Cancelled, it leaves old or new, nothing between.
	Apply(ctx context.Context, c Change) error
}

// ErrMissing is wrapped by an error of Observe that means: a prerequisite of the
// resource (a unit, a user, a program) does not exist. A resource with a pending
// prerequisite is tentative then, and not a failure.
var ErrMissing = errors.New("does not exist")

// Actor is a Provider whose things accept actions.
type Actor interface {
	Act(ctx context.Context, want cty.Value, verb string) error
}

// Finder is an Actor that can tell whether what it is to act on is there, where
// Observe does not look because nothing of it is managed.
type Finder interface {
	Exists(ctx context.Context, want cty.Value) (bool, error)
}

// Hollower is a Finder that can tell why no action of that verb can succeed on a
// thing although it is there: a unit whose program was removed. "": it may. It
// is asked about things that are not declared any more.
type Hollower interface {
	Hollow(ctx context.Context, want cty.Value, verb string) (why string, err error)
}

// Payer is an Actor that can see whether an owed action has been overtaken by
// events: a unit whose main process started after since needs no restart.
type Payer interface {
	Paid(ctx context.Context, want cty.Value, verb string, since Instant) (bool, error)
}

// Survivor is a Payer whose actions may go on when a run is killed.
// AwaitSurvivor waits until one that an earlier run began has ended, so that
// Paid takes it into account.
type Survivor interface {
	AwaitSurvivor(ctx context.Context, want cty.Value) error
}

// Noter is a Provider that has something to say to people about a change that
// is forecast: what it costs, what it replaces. One clause a note.
type Noter interface {
	Notes(ctx context.Context, c Change) []string
}

// Deferrer is a Provider that leaves alone what another tool has taken over or
// a person has edited. Observe returns the wanted value then, so that nothing is
// changed. Defers names the owner, for every plan to show; "" if the thing is as
// it should be.
type Deferrer interface {
	Defers(ctx context.Context, want cty.Value) string
}

// Remarker is a Provider that has a word to say of a thing that is as declared:
// how old the knowledge is by which it is. "" if it has none.
type Remarker interface {
	Remark(ctx context.Context, want cty.Value) string
}

// Explainer is a Provider that knows more about a difference than its
// attributes: which guard still sees a need, and at which path. The engine calls
// Explain after a change that should have removed the difference; the result
// completes "is not as declared: …" and is "" if there is nothing to add.
type Explainer interface {
	Explain(ctx context.Context, c Change) string
}

// Foreseer is a Provider that can see, while planning, that a change will fail:
// the folder or the owner that it needs is not there. It is asked only about
// changes with nothing pending before them that might still help.
type Foreseer interface {
	Foresee(ctx context.Context, c Change) error
}

// ActForeseer is an Actor that can detect, while planning, that an action will
// fail: the user of a command does not exist.
type ActForeseer interface {
	ForeseeAct(ctx context.Context, want cty.Value, verb string) error
}

// Overseer is a Foreseer that can see some failures although something before a
// change is pending, given all changes that are forecast for its provider: a
// folder that is not there and that none of them makes. Expect is called once
// with those, before anything is foreseen, and with the paths that changes of
// other providers make (a new user's home). ForeseeBehind is asked about changes
// behind pending ones, all of whose effects can be foreseen.
type Overseer interface {
	Expect(cs []Change, made []string)
	ForeseeBehind(ctx context.Context, c Change) error
}

// Absent is the observed value of a thing that does not exist.
var Absent = cty.NullVal(cty.DynamicPseudoType) //nolint:gochecknoglobals // a constant that Go cannot write

// Instant is a moment that can be compared with others on the same host, even
// across steps of the clock and reboots.
type Instant struct {
	Boot string        `json:"boot"`           // kernel boot id
	Mono time.Duration `json:"mono,omitempty"` // CLOCK_MONOTONIC; 0: some time during that boot, not known when
	Wall time.Time     `json:"wall"`           // for people
}

// Missing makes err one that is [ErrMissing], in the same words.
func Missing(err error) error { return marked{err, ErrMissing} }

// marked is an error that is another too, without saying so.
type marked struct {
	error
	as error
}

func (m marked) Unwrap() []error { return []error{m.error, m.as} }

// Settler is a Payer that can foresee that making a change will itself deliver
// what a verb would: starting a unit spares it the restart.
type Settler interface {
	Settles(c Change, verb string) bool
}
