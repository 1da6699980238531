package engine

import (
	"context"

	"converge/internal/notify"
	"converge/resources"
)

// Journal is the run's durable memory.
type Journal interface {
	// Begin says that the changes are about to be made, and what they will owe
	// once made. It is on disk when Begin returns.
	Begin(ctx context.Context, cs []resources.Change, owes []notify.Debt) error

	// Done says that one change was made and seen to be made (err nil) at the
	// given moment, or that it failed. A debt of a change that failed stands:
	// the change may have been made in part.
	Done(ctx context.Context, c resources.Change, at resources.Instant, err error) error

	// Paid says that nothing is owed to the target any more. It is on disk
	// when Paid returns. void: events had overtaken the action.
	Paid(ctx context.Context, target resources.Addr, verb string, void bool) error
}
