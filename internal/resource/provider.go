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
// Values are sparse objects: a wanted value has the attributes that are managed, an observed one at least those of
// them that could be observed. Calls for different resources may be concurrent.
type Provider interface {
	// Observe reads and never writes. It returns [Absent] when the thing does not exist. If it cannot determine the
	// state, it returns an error, with what it could determine or with [cty.NilVal]. If the live value satisfies the
	// wanted one in other words, it returns the wanted words.
	Observe(ctx context.Context, want cty.Value) (have cty.Value, err error)

	// Apply makes c.Want true. The machine may be half or wholly there already. When it is cancelled, it leaves the
	// old or the new state, nothing between.
	Apply(ctx context.Context, c Change) error
}

// Absent is the observed value of a thing that does not exist.
var Absent = cty.NullVal(cty.DynamicPseudoType) //nolint:gochecknoglobals // a constant that Go cannot write

// ErrMissing is wrapped by an error of Observe if a prerequisite of the resource (a unit, a user, a program) does not
// exist. If that prerequisite is pending, the resource is tentative and has not failed.
var ErrMissing = errors.New("does not exist")

// ErrNoPlace is wrapped by an error of Observe if the thing that contains this one does not exist, so that there is
// nothing to take back.
var ErrNoPlace = errors.New("has no place")

// NoPlace makes err wrap [ErrNoPlace], with the same text.
func NoPlace(err error) error { return marked{err, ErrNoPlace} }

// ErrReplaced is wrapped by an error of Observe if something of another type has taken the place of the thing: its
// maker wants that, and not the thing.
var ErrReplaced = errors.New("something else is in its place")

// Replaced makes err wrap [ErrReplaced], with the same text.
func Replaced(err error) error { return marked{err, ErrReplaced} }

// Verdicts is the error of a run's end about things that turned out not to be as declared, by the keys of their
// resources ("service:nginx.service").
type Verdicts map[string]error

func (v Verdicts) Error() string { return fmt.Sprint(map[string]error(v)) }

// OrNil returns v as an error; nil if there is none.
func (v Verdicts) OrNil() error {
	if len(v) == 0 {
		return nil
	}
	return v
}

// ErrShortLived is wrapped by the error for a thing that this run started and that did not stay up. Its debts are owed
// again.
var ErrShortLived = errors.New("did not last")

// Missing makes err wrap [ErrMissing], with the same text.
func Missing(err error) error { return marked{err, ErrMissing} }

// marked is an error that wraps another one without adding its text.
type marked struct {
	error
	as error
}

func (m marked) Unwrap() []error { return []error{m.error, m.as} }

// Invalidator is a Provider that caches what it has read of the machine, or that reacts to changes of other providers:
// systemd reads its unit files again, and its generators their inputs. After its own changes a provider invalidates
// its cache itself.
//
// The engine calls Invalidate after every effect of another provider, and before it observes the whole site again; the
// next Observe then reads the machine. A plan never calls it. because is what the other provider did:
//
//   - nil: anything may have changed. A package drops files, a command does anything.
//   - one or more: these changes were made, whether they succeeded or failed.
//   - empty and not nil: no resource was changed. An action was run, or time has passed. The cache is stale, but there
//     is nothing to react to.
type Invalidator interface {
	Invalidate(because []Change)
}

// Recorder is a Provider whose Observe does not return all that undoing a change needs: attributes of a removed thing
// that the manifest does not manage, or its content. The engine calls Record right before it journals the change; an
// error prevents the change.
type Recorder interface {
	// Record returns c with everything else that undoing it needs: in Have, and in Want if the effect depends on the
	// machine (a user takes an existing group of its name). also are the things that c makes or replaces on the way:
	// the folders above it, a backup. All of them are [Change.Undeclared], and have all that undoing them needs.
	Record(ctx context.Context, c Change) (full Change, also []Change, err error)
}

// Gatherer is a [Recorder] and [Transactor] of changes that share one thing, such as parts of one file: the record of
// a change depends on those made before it.
type Gatherer interface {
	// Gather announces the changes that are recorded next, and then made by one ApplyAll.
	Gather(ctx context.Context, cs []Change)
}

// Actor is a Provider whose things accept actions: a service is restarted, a command is run.
type Actor interface {
	// Act runs the action named by one of the kind's verbs. Its error wraps [ErrQueued] if the action will happen
	// after this run.
	Act(ctx context.Context, want cty.Value, verb string) error

	// Satisfied reports whether an action that has been owed since a moment is no longer needed: a unit whose main
	// process was started after that needs no restart. An apply asks right before it acts, so Satisfied first waits
	// for a running action of the thing that a killed run began. A plan asks [Reviewer] instead, which does not wait.
	Satisfied(ctx context.Context, want cty.Value, verb string, since Instant) (bool, error)
}

// Instant is a moment that can be compared with others on the same host, even
// across steps of the clock and reboots.
type Instant struct {
	Boot string        `json:"boot"`           // kernel boot id
	Mono time.Duration `json:"mono,omitempty"` // CLOCK_MONOTONIC; 0: some time during that boot, not known when
	Wall time.Time     `json:"wall"`           // for people
}

// ErrQueued is wrapped by an error of Act if the init system has accepted the action, but will not carry it out before
// this run has ended. It stays owed until a later run sees that it happened.
var ErrQueued = errors.New("is queued until this run has ended")

// Queued is a job that the init system has accepted. The run does not wait for it, because the job waits for a unit
// that waits for the run.
type Queued struct {
	Key  string `json:"key"`  // "unit:nginx.service"
	Verb string `json:"verb"` // start, stop, restart, reload
	For  string `json:"for"`  // the unit that the job waits for, and that waits for this run
}

// Ending is a thing that ends with the removal of another one.
type Ending struct {
	Keys []string // see [Links.Ends]

	// Without are the paths to be removed. A unit that another file defines, too, keeps running with that file, and is
	// not returned.
	Without []string

	// Stays means that decisions about the thing stay, because its package is removed and not purged: it is only
	// stopped.
	Stays bool
}
