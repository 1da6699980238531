package resource

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"
)

// Ender is an [Actor] whose action ends everything that runs, the run included: a
// reboot. The engine requests the action instead of carrying it out, and reports at the
// end of the run whether it is to be carried out then. Its debts are settled by
// [Actor.Satisfied] in a later run, and its Act is never called.
type Ender interface {
	// Request notes that the action is to be carried out when the run has ended.
	// causes are the addresses of the resources whose changes request it; empty: the
	// machine itself requires it. The error wraps [ErrNotYet] if the action stays owed
	// for now; any other one means that the resource has failed.
	Request(ctx context.Context, want cty.Value, causes []string) error

	// Require returns why the machine itself requires the action now, in a clause; "":
	// it does not. It is asked in the turn of a resource that acts in place
	// ([Kind.InPlace]), and of every resource when all changes of the run are made. Its
	// error means that the resource has failed.
	Require(ctx context.Context, want cty.Value) (why string, err error)
}

// ErrNotYet is wrapped by an error of [Ender.Request] that means: the action is not
// carried out at the end of this run, but it stays owed.
var ErrNotYet = errors.New("stays owed")

// NotYet makes err one that is [ErrNotYet], in the same words.
func NotYet(err error) error { return marked{err, ErrNotYet} }
