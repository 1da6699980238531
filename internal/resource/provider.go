package resource

import (
	"context"
	"errors"
	"fmt"
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
	// not exist, and an error when it cannot tell: with what it could tell, or
	// with [cty.NilVal]. Where the live value satisfies the wanted one in other words,
	// it returns the wanted words.
	Observe(ctx context.Context, want cty.Value) (have cty.Value, err error)

	// Apply makes c.Want true. It may be called on a machine that is half or
	// wholly there already. Cancelled, it leaves old or new, nothing between.
	Apply(ctx context.Context, c Change) error
}

// Absent is the observed value of a thing that does not exist.
var Absent = cty.NullVal(cty.DynamicPseudoType) //nolint:gochecknoglobals // a constant that Go cannot write

// ErrMissing is wrapped by an error of Observe that means: a prerequisite of the
// resource (a unit, a user, a program) does not exist. A resource with a pending
// prerequisite is tentative then, and not a failure.
var ErrMissing = errors.New("does not exist")

// ErrNoPlace is wrapped by an error of Observe that means: what the thing would be
// a part of does not exist, so there is nothing to take back.
var ErrNoPlace = errors.New("has no place")

// NoPlace makes err one that is [ErrNoPlace], in the same words.
func NoPlace(err error) error { return marked{err, ErrNoPlace} }

// ErrReplaced is wrapped by the error of Observe about a thing in whose place is something of another type:
// whoever has put that there wants it, and not the thing.
var ErrReplaced = errors.New("something else is in its place")

// Replaced makes err one that is [ErrReplaced], in the same words.
func Replaced(err error) error { return marked{err, ErrReplaced} }

// Verdicts is the error of a run's end about things that turned out not to be as
// declared, by the keys of their resources ("service:nginx.service").
type Verdicts map[string]error

func (v Verdicts) Error() string { return fmt.Sprint(map[string]error(v)) }

// OrNil returns v as an error; nil if there is none.
func (v Verdicts) OrNil() error {
	if len(v) == 0 {
		return nil
	}
	return v
}

// ErrShortLived is wrapped by the error for a thing that this run started
// and that has not lasted. Its debts are owed again.
var ErrShortLived = errors.New("did not last")

// Missing makes err one that is [ErrMissing], in the same words.
func Missing(err error) error { return marked{err, ErrMissing} }

// marked is an error that is another too, without saying so.
type marked struct {
	error
	as error
}

func (m marked) Unwrap() []error { return []error{m.error, m.as} }

// Invalidator is a Provider that keeps what it has read of the machine, or that
// has to react to changes of other providers: systemd reads its unit files again,
// and its generators their inputs. After its own changes a provider invalidates on
// its own.
//
// The engine calls Invalidate after every effect of another provider, and before
// it observes the whole site again; the next Observe then reads the machine. A
// plan never calls it. because is what the other provider did:
//
//   - nil: anything may have changed. A package drops files, a command does
//     anything.
//   - one or more: these changes were made, well or badly.
//   - empty and not nil: no resource was changed. An action was run, or time has
//     passed. What was read is stale all the same; there is nothing to react to.
type Invalidator interface {
	Invalidate(because []Change)
}

// Recorder is a Provider whose Observe does not return all that undoing a change
// needs: attributes of a removed thing that the manifest does not manage, or its
// content. The engine calls Record right before it journals the change; an error
// prevents the change.
type Recorder interface {
	// Record returns c with everything else that undoing it needs, in Have, and in
	// Want where the effect depends on the machine (a user takes the group of its name
	// that is there). also are the things that c makes or replaces on the way: the
	// folders above it, a backup. All of these are [Change.Undeclared], with all that
	// undoing them needs.
	Record(ctx context.Context, c Change) (full Change, also []Change, err error)
}

// Gatherer is a [Recorder] and [Transactor] of changes that meet in one thing, such as parts
// of one file: what undoing one of them needs depends on those that are made before it.
type Gatherer interface {
	// Gather announces the changes that are recorded next, and then made by one ApplyAll.
	Gather(ctx context.Context, cs []Change)
}

// Actor is a Provider whose things accept actions: a service is restarted, a
// command is run.
type Actor interface {
	// Act runs the action that one of the kind's verbs names. Its error wraps
	// [ErrQueued] for an action that will happen after this run.
	Act(ctx context.Context, want cty.Value, verb string) error

	// Satisfied reports whether an action that a change has owed since a moment
	// is needed no longer: a unit whose main process was started after that
	// needs no restart. An apply asks right before it would act, so Satisfied
	// first waits for an action of the thing that a killed run began and that is
	// still running. A plan asks [Reviewer] instead, which does not wait.
	Satisfied(ctx context.Context, want cty.Value, verb string, since Instant) (bool, error)
}

// Instant is a moment that can be compared with others on the same host, even
// across steps of the clock and reboots.
type Instant struct {
	Boot string        `json:"boot"`           // kernel boot id
	Mono time.Duration `json:"mono,omitempty"` // CLOCK_MONOTONIC; 0: some time during that boot, not known when
	Wall time.Time     `json:"wall"`           // for people
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
