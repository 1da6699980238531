package resource

import (
	"context"
	"errors"
	"time"

	"github.com/zclconf/go-cty/cty"
)

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
