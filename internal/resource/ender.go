package resource

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"
)

// Ender is an [Actor] whose action ends everything that runs, the run included: a reboot. The engine never calls its
// Act. It requests the action instead, and reports at the end of the run whether the action is to follow.
// [Actor.Satisfied] settles its debts in a later run.
type Ender interface {
	// Request notes that the action is to be carried out when the run has ended. causes are the addresses of the
	// resources whose changes request it; empty: the machine itself requires it. The error wraps [ErrNotYet] if the
	// action stays owed for now; any other error fails the resource.
	Request(ctx context.Context, want cty.Value, causes []string) error

	// Require returns why the machine itself requires the action now, in a clause; "": it does not. The engine calls
	// it in the turn of a resource that acts in place ([Kind.InPlace]), and for every resource once all changes of the
	// run are made. An error fails the resource.
	Require(ctx context.Context, want cty.Value) (why string, err error)
}

// ErrNotYet is wrapped by an error of [Ender.Request] if the end of this run does not carry the action out, but it
// stays owed.
var ErrNotYet = errors.New("stays owed")

// NotYet makes err wrap [ErrNotYet], with the same text.
func NotYet(err error) error { return marked{err, ErrNotYet} }
